// Threads that run what may block, behind a bounded queue.
#pragma once

#include <condition_variable>
#include <deque>
#include <functional>
#include <mutex>
#include <thread>
#include <vector>

namespace sinter {

class Workers {
 public:
  Workers(int threads, size_t queue);
  ~Workers();  // runs what is queued, then joins
  // False, and nothing happens, when the queue is full or Stop was called.
  bool Post(std::function<void()> work);
  void Stop();

 private:
  void Loop();
  const size_t limit_;
  std::mutex mutex_;
  std::condition_variable ready_;
  std::deque<std::function<void()>> queue_;
  bool stopping_ = false;
  std::vector<std::thread> threads_;
};

}  // namespace sinter
