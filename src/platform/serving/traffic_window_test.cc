// A window over counters that only grow.
#include "platform/serving/traffic_window.h"

#include <gtest/gtest.h>

namespace sinter {
namespace {

TEST(TrafficMeterTest, CoversTheWindow) {
  TrafficCounters counters;
  TrafficMeter meter(10, 5);
  EXPECT_EQ(meter.Read().requests, 0);
  counters.Succeeded(5.0, 0);  // before it began
  meter.Reset(100, counters.Read());
  for (int second = 1; second <= 40; ++second) {
    // Slow in the first twenty seconds, fast after; one in ten fails.
    for (int i = 0; i < 9; ++i) counters.Succeeded(second <= 20 ? 0.9 : 0.001, 0);
    counters.failed.fetch_add(1);
    meter.Add(100 + second, counters.Read());
    if (second == 5) {
      EXPECT_EQ(meter.Read().requests, 50);
      EXPECT_EQ(meter.Read().failed, 5);
      EXPECT_EQ(meter.Read().seconds, 5);
      EXPECT_GT(meter.Read().p99_ms, 500);
    }
  }
  EXPECT_EQ(meter.Read().seconds, 10);
  EXPECT_EQ(meter.Read().requests, 100);
  EXPECT_EQ(meter.Read().failed, 10);
  EXPECT_LT(meter.Read().p99_ms, 2) << "the slow ones have left the window";
  meter.Reset(141, counters.Read());
  EXPECT_EQ(meter.Read().requests, 0);
}

TEST(TrafficMeterTest, ReachesBackForEnoughRequests) {
  TrafficCounters counters;
  TrafficMeter meter(10, 5);
  meter.Reset(0, counters.Read());
  for (int second = 1; second <= 1000; ++second) {
    if (second % 100 == 0) counters.Succeeded(0.001, 0);
    meter.Add(second, counters.Read());
  }
  EXPECT_GE(meter.Read().requests, 5);
  EXPECT_GE(meter.Read().seconds, 400);
}

}  // namespace
}  // namespace sinter
