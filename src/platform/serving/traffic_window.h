// Traffic over the last so many seconds, from counters that only grow.
#pragma once

#include <deque>

#include "platform/serving/rollout.h"
#include "platform/serving/statistics.h"

namespace sinter {

// One thread. Some twenty readings a window, 64 at most. What it tells covers the window, or as much more of
// the past as it takes to see `minimum` requests: a service that is asked twice a minute is judged too, only
// later.
class TrafficMeter {
 public:
  TrafficMeter(double window_seconds, int64_t minimum) : window_(window_seconds), minimum_(minimum) {}
  // From here on.
  void Reset(double now_seconds, TrafficStats stats);
  void Add(double now_seconds, TrafficStats stats);
  TrafficWindow Read() const;

 private:
  struct Mark {
    double at = 0;
    TrafficStats stats;
  };
  TrafficWindow Since(const Mark& from) const;
  const double window_;
  const int64_t minimum_;
  std::deque<Mark> marks_;  // the first is the window's beginning
  Mark last_;
};

}  // namespace sinter
