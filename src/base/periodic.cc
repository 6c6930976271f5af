#include "base/periodic.h"

#include <utility>

namespace sinter {

Periodic::Periodic(std::chrono::milliseconds every, std::function<void()> work) {
  thread_ = std::thread([this, every, work = std::move(work)] {
    std::unique_lock lock(mutex_);
    while (!wakes_.wait_for(lock, every, [this] { return stopping_; })) {
      lock.unlock();
      work();
      lock.lock();
    }
  });
}

Periodic::~Periodic() {
  {
    std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  wakes_.notify_all();
  thread_.join();
}

}  // namespace sinter
