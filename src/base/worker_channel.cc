#include "base/worker_channel.h"

#include <poll.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <bit>
#include <cerrno>
#include <cstring>
#include <utility>

#include <fmt/format.h>

namespace sinter {
namespace {

using namespace std::chrono_literals;
static_assert(std::endian::native == std::endian::little);

Result<sockaddr_un> AddressOf(const Path& path) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  const std::string text = path.string();
  if (text.size() >= sizeof address.sun_path) {
    return Error{ErrorCode::kUnavailable, fmt::format("the path {} is too long for a socket", text),
                 "set TMPDIR to a shorter one"};
  }
  std::memcpy(address.sun_path, text.c_str(), text.size() + 1);
  return address;
}

Error Gone() { return {ErrorCode::kUnavailable, "the worker has gone", ""}; }

Status ReceiveAll(int socket, char* to, size_t count) {
  while (count > 0) {
    const ssize_t got = recv(socket, to, count, 0);
    if (got < 0 && errno == EINTR) continue;
    if (got <= 0) return Gone();
    to += got;
    count -= static_cast<size_t>(got);
  }
  return {};
}

}  // namespace

Status SendFrame(int socket, std::string_view body) {
  const uint64_t length = body.size();
  const std::string_view header(reinterpret_cast<const char*>(&length), sizeof length);
  for (std::string_view part : {header, body}) {
    while (!part.empty()) {
      const ssize_t sent = send(socket, part.data(), part.size(), MSG_NOSIGNAL);
      if (sent < 0 && errno == EINTR) continue;
      if (sent <= 0) return Gone();
      part.remove_prefix(static_cast<size_t>(sent));
    }
  }
  return {};
}

Result<std::string> ReceiveFrame(int socket) {
  uint64_t length = 0;
  TRY_STATUS(ReceiveAll(socket, reinterpret_cast<char*>(&length), sizeof length));
  if (length > kLargestFrame)
    return Error{ErrorCode::kCorrupt, "what a worker process says is longer than any frame is", ""};
  std::string body;
  // Memory is taken as bytes come: a length alone costs nothing.
  while (body.size() < length) {
    const size_t more = static_cast<size_t>(std::min<uint64_t>(length - body.size(), 1 << 20));
    const size_t at = body.size();
    body.resize(at + more);
    TRY_STATUS(ReceiveAll(socket, body.data() + at, more));
  }
  return body;
}

Result<int> ConnectToOwner(const Path& path) {
  TRY(const sockaddr_un address, AddressOf(path));
  const int owner = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (owner >= 0 && connect(owner, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0)
    return owner;
  const int why = errno;
  if (owner >= 0) close(owner);
  return SystemError(why, "cannot connect to", path);
}

WorkerChannel::~WorkerChannel() { End(500ms); }

Status WorkerChannel::Start(const Path& path, SubprocessOptions options, std::chrono::milliseconds patience) {
  TRY(const sockaddr_un address, AddressOf(path));
  const int listener = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  unlink(path.c_str());
  Status started;
  if (listener < 0 || bind(listener, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0 ||
      listen(listener, 1) != 0) {
    started = SystemError(errno, "cannot listen at", path);
  } else {
    options.dies_with_us = false;  // it would die with this thread; it ends when its socket closes
    auto process = Subprocess::Start(options);
    if (process) {
      process_ = *std::move(process);
      started = Accept(listener, patience);
    } else {
      started = std::move(process).error();
    }
  }
  if (listener >= 0) close(listener);
  unlink(path.c_str());
  return started;
}

Status WorkerChannel::Accept(int listener, std::chrono::milliseconds patience) {
  const auto until = std::chrono::steady_clock::now() + patience;
  while (std::chrono::steady_clock::now() < until) {
    pollfd wait{listener, POLLIN, 0};
    if (poll(&wait, 1, 20) > 0) {
      socket_ = accept4(listener, nullptr, nullptr, SOCK_CLOEXEC);
      if (socket_ >= 0) return {};
    }
    if (const auto ended = process_->WaitFor(0ms)) {
      process_.reset();
      return Error{ErrorCode::kUnavailable,
                   fmt::format("a worker process ended at its start: {}", ended->ToString()), ""};
    }
  }
  process_.reset();
  return Error{ErrorCode::kUnavailable, "a worker process does not connect", ""};
}

void WorkerChannel::LimitEach(std::chrono::seconds most) {
  const timeval patience{static_cast<time_t>(most.count()), 0};
  setsockopt(socket_, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
  setsockopt(socket_, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof patience);
}

std::string WorkerChannel::End(std::chrono::milliseconds patience) {
  if (socket_ >= 0) close(std::exchange(socket_, -1));
  std::string how = "it was closed";
  if (process_) {
    const auto status = process_->WaitFor(patience);
    how = (status ? *status : process_->Stop(0ms)).ToString();
  }
  process_.reset();
  return how;
}

}  // namespace sinter
