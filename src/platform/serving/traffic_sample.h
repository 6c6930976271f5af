// A bounded sample of what a service's live traffic looks like.
#pragma once

#include <atomic>
#include <cstdint>
#include <mutex>
#include <span>
#include <vector>

#include "platform/serving/traffic_features.h"

namespace sinter {

// Any thread. Memory is taken once, when it is known how many rows of which features. When it is full each
// newcomer takes a random place, so that it holds the recent past more than the distant one: a row is still
// there after as many more as it holds with probability 1/e (C. Aggarwal, "On biased reservoir sampling in
// the presence of stream evolution", VLDB 2006).
class TrafficSample {
 public:
  void Enable(size_t capacity);  // rows; 0: off; another capacity begins anew
  bool enabled() const { return enabled_.load(std::memory_order_relaxed); }
  // Whose values it takes: the live revision's. Other features than before begin anew.
  void Follow(const TrafficFeatures& features);
  // Values of other features than those it follows are left out. Never waits: where another thread has it
  // just now, so are these. `revision`: the number of the one that answered.
  void Note(const TrafficFeatures& features, std::span<const double> values, int64_t revision);
  TrafficRows Read() const;

 private:
  void Begin();
  std::atomic<bool> enabled_{false};
  mutable std::mutex mutex_;
  size_t capacity_ = 0;
  uint64_t seen_ = 0;
  TrafficRows rows_;
};

}  // namespace sinter
