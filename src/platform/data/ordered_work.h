// Work on many threads whose results are taken in order.
#pragma once

#include <condition_variable>
#include <functional>
#include <map>
#include <mutex>
#include <thread>
#include <vector>

#include "base/result.h"

namespace sinter {

// Calls make(thread, i) for i of 0 to count - 1, each once, on `threads` threads, and take(i, item) in the
// order of i on the caller's, until one fails or all are taken. At most four items a thread wait to be taken.
template <class Item>
Status WorkInOrder(int64_t count, int threads, const std::function<Item(int, int64_t)>& make,
                   const std::function<Status(int64_t, Item)>& take) {
  std::mutex mutex;
  std::condition_variable changed;
  std::map<int64_t, Item> made;
  int64_t next = 0, taken = 0;
  bool stop = false;
  const auto work = [&](int thread) {
    std::unique_lock lock(mutex);
    for (;;) {
      changed.wait(lock, [&] { return stop || next >= count || next < taken + int64_t{4} * threads; });
      if (stop || next >= count) return;
      const int64_t at = next++;
      lock.unlock();
      Item item = make(thread, at);
      lock.lock();
      made.emplace(at, std::move(item));
      changed.notify_all();
    }
  };
  std::vector<std::thread> workers;
  workers.reserve(static_cast<size_t>(threads));
  for (int thread = 0; thread < threads; ++thread) workers.emplace_back(work, thread);
  Status done;
  for (int64_t i = 0; i < count && done; ++i) {
    std::unique_lock lock(mutex);
    changed.wait(lock, [&] { return made.contains(i); });
    auto item = made.extract(i);
    taken = i + 1;
    changed.notify_all();
    lock.unlock();
    done = take(i, std::move(item.mapped()));
  }
  {
    const std::lock_guard lock(mutex);
    stop = true;
  }
  changed.notify_all();
  for (std::thread& worker : workers) worker.join();
  return done;
}

}  // namespace sinter
