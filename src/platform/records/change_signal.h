// Says that something was written, to whoever waits for it.
#pragma once

#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <mutex>

#include "base/cancel.h"

namespace sinter {

// A number that only grows. Read it, look at the data, wait beyond it: a change between the look and the
// wait is not missed. Any thread.
class ChangeSignal {
 public:
  uint64_t Count() const;
  void Bump();
  // Until the number is no longer `seen` (true), or the deadline or a cancellation (false; a cancellation is
  // noticed within 50 ms).
  bool WaitBeyond(uint64_t seen, std::chrono::steady_clock::time_point deadline,
                  const CancelToken& cancel = {});

 private:
  mutable std::mutex mutex_;
  std::condition_variable changed_;
  uint64_t count_ = 0;
};

}  // namespace sinter
