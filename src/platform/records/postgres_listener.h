// Wakes a signal when another session notifies.
#pragma once

#include <atomic>
#include <string>
#include <thread>

#include "platform/records/change_signal.h"

namespace sinter {

// A thread with a session of its own; where that is lost it opens another, later and later, and wakes the
// signal then, for what it may have missed.
class PostgresListener {
 public:
  // `signal` outlives it. `listen` is a literal: "LISTEN name".
  PostgresListener(std::string address, const char* listen, ChangeSignal& signal);
  ~PostgresListener();
  PostgresListener(const PostgresListener&) = delete;

 private:
  void Loop();
  bool WaitFor(int socket, int timeout_ms) const;  // false: nothing came
  const std::string address_;
  const char* const listen_;
  ChangeSignal& signal_;
  std::atomic<bool> stopping_{false};
  int wake_ = -1;  // an eventfd: the destructor's word
  std::thread thread_;
};

}  // namespace sinter
