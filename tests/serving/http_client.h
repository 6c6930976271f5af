// A blocking HTTP/1.1 client over one connection, for tests and for the load generator.
#pragma once

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include <cstdint>
#include <string>
#include <string_view>

#include <fmt/format.h>

namespace sinter {

struct HttpReply {
  int status = 0;  // 0: refused, reset or timed out
  std::string header;
  std::string body;
  std::string Header(std::string_view name) const {
    const size_t at = header.find(fmt::format("\r\n{}: ", name));
    if (at == std::string::npos) return "";
    const size_t from = at + name.size() + 4;
    return header.substr(from, header.find("\r\n", from) - from);
  }
};

// One thread. Connects when it must, again after the server closed.
class HttpClient {
 public:
  explicit HttpClient(uint16_t port, int patience_seconds = 20) : port_(port), patience_(patience_seconds) {}
  ~HttpClient() { Close(); }
  HttpClient(const HttpClient&) = delete;
  HttpClient& operator=(const HttpClient&) = delete;

  HttpReply Get(std::string_view target, std::string_view more = "") { return Ask("GET", target, "", more); }
  HttpReply Post(std::string_view target, std::string_view body, std::string_view more = "") {
    return Ask("POST", target, body, more);
  }
  HttpReply Ask(std::string_view method, std::string_view target, std::string_view body,
                std::string_view more) {
    return Send(fmt::format("{} {} HTTP/1.1\r\nHost: 127.0.0.1:{}\r\nContent-Length: {}\r\n{}\r\n{}", method,
                            target, port_, body.size(), more, body));
  }
  // A whole request, made before.
  HttpReply Send(std::string_view request) {
    if (fd_ < 0 && !Connect()) return {};
    while (!request.empty()) {
      const ssize_t sent = send(fd_, request.data(), request.size(), MSG_NOSIGNAL);
      if (sent <= 0) return Fail();
      request.remove_prefix(static_cast<size_t>(sent));
    }
    HttpReply reply;
    size_t end = 0;
    while ((end = held_.find("\r\n\r\n")) == std::string::npos) {
      if (!Fill()) return Fail();
    }
    reply.header = held_.substr(0, end + 2);
    reply.status = std::stoi(reply.header.substr(9, 3));
    const std::string length = reply.Header("Content-Length");
    const size_t size = length.empty() ? 0 : std::stoul(length);
    while (held_.size() < end + 4 + size) {
      if (!Fill()) return Fail();
    }
    reply.body = held_.substr(end + 4, size);
    held_.erase(0, end + 4 + size);
    if (reply.Header("Connection") == "close") Close();
    return reply;
  }

 private:
  bool Connect() {
    fd_ = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(port_);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    const timeval patience{patience_, 0};
    const int one = 1;
    setsockopt(fd_, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
    setsockopt(fd_, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
    if (connect(fd_, reinterpret_cast<sockaddr*>(&address), sizeof address) == 0) return true;
    Close();
    return false;
  }
  bool Fill() {
    char buffer[16384];
    const ssize_t got = recv(fd_, buffer, sizeof buffer, 0);
    if (got <= 0) return false;
    held_.append(buffer, static_cast<size_t>(got));
    return true;
  }
  HttpReply Fail() {
    Close();
    return {};
  }
  void Close() {
    if (fd_ >= 0) close(fd_);
    fd_ = -1;
    held_.clear();
  }
  const uint16_t port_;
  const int patience_;
  int fd_ = -1;
  std::string held_;
};

}  // namespace sinter
