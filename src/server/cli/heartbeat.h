// Signs of life of a job's ranks, in a file that they and their launcher map. A rank that is stopped or gone
// stops beating, whatever its threads wait for.
#pragma once

#include <sys/types.h>

#include <atomic>
#include <chrono>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "base/file.h"
#include "base/result.h"

namespace sinter {

// A rank's side: a thread that counts up while the object lives.
class Heartbeat {
 public:
  static Result<std::unique_ptr<Heartbeat>> Begin(const Path& file, int rank);
  ~Heartbeat();
  void Done();  // the rank has finished: silence is no fault any more

 private:
  Heartbeat() = default;
  void* mapped_ = nullptr;
  size_t bytes_ = 0;
  int rank_ = 0;
  std::atomic<bool> stop_{false};
  std::thread thread_;
};

// The launcher's side. One thread.
class HeartbeatMonitor {
 public:
  static Result<std::unique_ptr<HeartbeatMonitor>> Create(const Path& file, int ranks);
  ~HeartbeatMonitor();
  // What is wrong with which rank; empty: nothing. Called a few times a second. `patience`: without a beat, a
  // rank that is alive counts as stopped.
  std::string Check(std::chrono::milliseconds patience);
  pid_t PidOf(int rank) const;  // 0: it has not begun

 private:
  struct Seen {
    uint64_t beats = 0;
    std::chrono::steady_clock::time_point at;
  };
  HeartbeatMonitor() = default;
  void* mapped_ = nullptr;
  size_t bytes_ = 0;
  std::vector<Seen> seen_;
};

}  // namespace sinter
