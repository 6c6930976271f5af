#include "platform/records/change_signal.h"

#include <algorithm>

namespace sinter {

uint64_t ChangeSignal::Count() const {
  const std::lock_guard lock(mutex_);
  return count_;
}

void ChangeSignal::Bump() {
  {
    const std::lock_guard lock(mutex_);
    ++count_;
  }
  changed_.notify_all();
}

bool ChangeSignal::WaitBeyond(uint64_t seen, std::chrono::steady_clock::time_point deadline,
                              const CancelToken& cancel) {
  constexpr auto kLook = std::chrono::milliseconds(50);
  std::unique_lock lock(mutex_);
  while (count_ == seen) {
    const auto now = std::chrono::steady_clock::now();
    if (now >= deadline || cancel.Cancelled()) return false;
    changed_.wait_until(lock, cancel.CanBeCancelled() ? std::min(deadline, now + kLook) : deadline);
  }
  return true;
}

}  // namespace sinter
