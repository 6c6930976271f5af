#include "base/periodic.h"

#include <gtest/gtest.h>

#include <atomic>
#include <optional>

namespace sinter {
namespace {

TEST(PeriodicTest, ComesAgainAndIsWaitedFor) {
  std::atomic<int> begun{0}, ended{0};
  std::optional<Periodic> periodic(std::in_place, std::chrono::milliseconds(1), [&] {
    ++begun;
    std::this_thread::sleep_for(std::chrono::milliseconds(5));
    ++ended;
  });
  while (begun < 3) std::this_thread::sleep_for(std::chrono::milliseconds(1));
  periodic.reset();
  EXPECT_EQ(begun, ended) << "what was under way is done";
  const int last = begun;
  std::this_thread::sleep_for(std::chrono::milliseconds(20));
  EXPECT_EQ(begun, last) << "and nothing begins";
}

TEST(PeriodicTest, ThatIsNotDueYetStopsAtOnce) {
  std::atomic<int> begun{0};
  {
    const Periodic periodic(std::chrono::hours(1), [&] { ++begun; });
  }
  EXPECT_EQ(begun, 0);
}

}  // namespace
}  // namespace sinter
