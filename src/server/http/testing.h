// For tests: a client that says and sees every byte.
#pragma once

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>

#include <fmt/format.h>

namespace sinter {

class Client {
 public:
  explicit Client(uint16_t port) : fd_(socket(AF_INET, SOCK_STREAM, 0)), port_(port) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(port);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    EXPECT_EQ(connect(fd_, reinterpret_cast<sockaddr*>(&address), sizeof address), 0);
    const timeval patience{20, 0};
    setsockopt(fd_, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
  }
  ~Client() { close(fd_); }
  void Write(std::string_view text) {
    while (!text.empty()) {
      const ssize_t sent = send(fd_, text.data(), text.size(), MSG_NOSIGNAL);
      if (sent <= 0) return;
      text.remove_prefix(static_cast<size_t>(sent));
    }
  }
  void Request(std::string_view method, std::string_view target, std::string_view body = "",
               std::string_view more = "") {
    Write(fmt::format("{} {} HTTP/1.1\r\nHost: 127.0.0.1:{}\r\n{}", method, target, port_, more));
    if (!body.empty() || method == "POST") Write(fmt::format("Content-Length: {}\r\n", body.size()));
    Write("\r\n");
    Write(body);
  }
  // One response: "STATUS body"; "closed" at the end.
  std::string Response(bool head = false) {
    while (held_.find("\r\n\r\n") == std::string::npos) {
      if (!Fill()) return "closed";
    }
    header_ = held_.substr(0, held_.find("\r\n\r\n") + 2);
    held_.erase(0, header_.size() + 2);
    size_t length = 0;
    if (const size_t at = header_.find("Content-Length: "); at != std::string::npos && !head)
      length = std::stoul(header_.substr(at + 16));
    while (held_.size() < length) {
      if (!Fill()) return "closed in the body";
    }
    const std::string body = held_.substr(0, length);
    held_.erase(0, length);
    return header_.substr(9, 3) + " " + body;
  }
  // What has come beyond the responses read so far, once it ends with `end`; "closed" where it never does.
  std::string Until(std::string_view end) {
    while (!held_.ends_with(end)) {
      if (!Fill()) return "closed";
    }
    return std::exchange(held_, {});
  }
  const std::string& header() const { return header_; }
  bool AtEnd() { return held_.empty() && !Fill(); }

 private:
  bool Fill() {
    char part[65536];
    const ssize_t got = recv(fd_, part, sizeof part, 0);
    if (got <= 0) return false;
    held_.append(part, static_cast<size_t>(got));
    return true;
  }
  int fd_;
  uint16_t port_;
  std::string held_, header_;
};

}  // namespace sinter
