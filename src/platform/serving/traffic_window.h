// Traffic over the last so many seconds, from counters that only grow.
#pragma once

#include <deque>

#include "platform/serving/rollout.h"
#include "platform/serving/statistics.h"

namespace sinter {

// One thread. Keeps some twenty readings a window; what it tells covers at least the window, once so much
// time has passed, and at most a tenth more.
class TrafficMeter {
 public:
  explicit TrafficMeter(double window_seconds) : window_(window_seconds) {}
  // From here on.
  void Reset(double now_seconds, TrafficStats stats);
  void Add(double now_seconds, TrafficStats stats);
  TrafficWindow Read() const;

 private:
  struct Mark {
    double at = 0;
    TrafficStats stats;
  };
  const double window_;
  std::deque<Mark> marks_;  // the first is the window's beginning
  Mark last_;
};

}  // namespace sinter
