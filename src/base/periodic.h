// Work that is done again and again, on a thread of its own.
#pragma once

#include <chrono>
#include <condition_variable>
#include <functional>
#include <mutex>
#include <thread>

namespace sinter {

// First after `every`, then as long after each time. The destructor waits for what is under way, and nothing
// begins any more.
class Periodic {
 public:
  Periodic(std::chrono::milliseconds every, std::function<void()> work);
  ~Periodic();
  Periodic(const Periodic&) = delete;
  Periodic& operator=(const Periodic&) = delete;

 private:
  std::mutex mutex_;
  std::condition_variable wakes_;
  bool stopping_ = false;
  std::thread thread_;
};

}  // namespace sinter
