// A process of ours that answers questions over a local socket, and ends with it.
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>

#include "base/file.h"
#include "base/result.h"
#include "base/subprocess.h"

namespace sinter {

// A frame is its length (u64, little-endian, of what follows) and a body.
inline constexpr uint64_t kLargestFrame = uint64_t{1} << 31;

// Whole frames on a blocking socket. kUnavailable: the other side has gone. kCorrupt: a length that none has.
Status SendFrame(int socket, std::string_view body);
Result<std::string> ReceiveFrame(int socket);

// The worker's side: the socket on which its owner asks.
Result<int> ConnectToOwner(const Path& path);

// The owner's side. One thread. Destroyed, or closed, the worker is ended.
class WorkerChannel {
 public:
  WorkerChannel() = default;
  ~WorkerChannel();
  WorkerChannel(const WorkerChannel&) = delete;
  WorkerChannel& operator=(const WorkerChannel&) = delete;

  // Listens at `path` until the process that `options` start has connected to it. kUnavailable where it ends
  // before, or takes longer than `patience`.
  Status Start(const Path& path, SubprocessOptions options, std::chrono::milliseconds patience);
  // Question and answer that take longer each fail as if the worker had gone.
  void LimitEach(std::chrono::seconds most);
  Status Send(std::string_view body) { return SendFrame(socket_, body); }
  Result<std::string> Receive() { return ReceiveFrame(socket_); }
  // Closes; how the process ended, which is killed when it has not after `patience`.
  std::string End(std::chrono::milliseconds patience);

  bool open() const { return socket_ >= 0; }
  pid_t pid() const { return process_ ? process_->pid() : -1; }

 private:
  Status Accept(int listener, std::chrono::milliseconds patience);
  std::optional<Subprocess> process_;
  int socket_ = -1;
};

}  // namespace sinter
