// Asking work to stop, from any thread.
#pragma once

#include <atomic>
#include <memory>

namespace sinter {

// Held by the work: a cheap question. A default token is never cancelled.
class CancelToken {
 public:
  CancelToken() = default;
  bool CanBeCancelled() const { return flag_ != nullptr; }
  bool Cancelled() const { return flag_ != nullptr && flag_->load(std::memory_order_relaxed); }

 private:
  friend class CancelSource;
  explicit CancelToken(std::shared_ptr<const std::atomic<bool>> flag) : flag_(std::move(flag)) {}
  std::shared_ptr<const std::atomic<bool>> flag_;
};

// Held by whoever may ask.
class CancelSource {
 public:
  CancelSource() : flag_(std::make_shared<std::atomic<bool>>(false)) {}
  void Cancel() { flag_->store(true, std::memory_order_relaxed); }
  CancelToken token() const { return CancelToken(flag_); }

 private:
  std::shared_ptr<std::atomic<bool>> flag_;
};

}  // namespace sinter
