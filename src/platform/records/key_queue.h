// Keys that wait to be looked at: each once, each by one worker at a time, later again after failures.
#pragma once

#include <chrono>
#include <condition_variable>
#include <map>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <utility>

#include "base/clock.h"

namespace sinter {

struct Backoff {
  std::chrono::milliseconds first{100};
  std::chrono::milliseconds most{60'000};
};

// Any thread. Holds a key for as long as it waits, is worked on or has failed last.
class KeyQueue {
 public:
  explicit KeyQueue(const Backoff& backoff = {}, const Clock& clock = Clock::Real());
  // A key that waits already is there once; one that is worked on comes again when that is done.
  void Add(const std::string& key, std::chrono::milliseconds after = {});
  // The key that is due first; empty: none is due yet.
  std::optional<std::string> Take();
  // Waits for one; empty: stopped. (Waits by the real clock for what is due by the queue's.)
  std::optional<std::string> Wait();
  // Each key that was taken, once. After failures in a row it waits first, 2 first, 4 first ... most; what
  // was added meanwhile waits with it. `again`: look at it then even if nothing changes.
  void Done(const std::string& key, bool succeeded, std::optional<std::chrono::milliseconds> again = {});
  // Forgets what waits and what has failed.
  void Clear();
  // Until nothing is worked on.
  void WaitUntilIdle();
  void Stop();  // for good
  size_t Waiting() const;

 private:
  struct State {
    std::optional<Nanoseconds> due;  // it waits
    bool running = false;
    bool dirty = false;  // added while it ran
    std::optional<std::chrono::milliseconds> dirty_after;
    int failures = 0;
  };
  void Put(const std::string& key, State& state, Nanoseconds due);
  void DropIfIdle(const std::string& key);
  std::optional<std::string> TakeLocked();
  const Backoff backoff_;
  const Clock& clock_;
  mutable std::mutex mutex_;
  std::condition_variable changed_;
  std::map<std::string, State> states_;
  std::set<std::pair<Nanoseconds, std::string>> order_;
  size_t running_ = 0;
  bool stopped_ = false;
};

}  // namespace sinter
