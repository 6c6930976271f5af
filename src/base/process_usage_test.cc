#include "base/process_usage.h"

#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>

#include "base/pool_usage.h"
#include "base/thread_pool.h"

namespace sinter {
namespace {

// Takes a core until so many seconds of this process's time are gone.
void Burn(double cpu_seconds) {
  const auto used = [] {
    timespec t{};
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
    return static_cast<double>(t.tv_sec) + static_cast<double>(t.tv_nsec) * 1e-9;
  };
  const double end = used() + cpu_seconds;
  while (used() < end) {
  }
}

TEST(ProcessUsage, CountsChildrenThatLiveAndThatEnded) {
  UsageMeter meter(getpid());
  int ready[2], go[2];
  ASSERT_EQ(pipe(ready), 0);
  ASSERT_EQ(pipe(go), 0);
  const pid_t child = fork();
  if (child == 0) {
    Burn(0.1);
    char c = 'r';
    if (write(ready[1], &c, 1) != 1 || read(go[0], &c, 1) != 1) _exit(1);
    _exit(0);
  }
  char c = 0;
  ASSERT_EQ(read(ready[0], &c, 1), 1);
  const auto alive = meter.Sample();
  ASSERT_TRUE(alive);
  EXPECT_EQ(alive->processes, 2);
  EXPECT_GT(alive->cores, 0);
  const double with_child = meter.cpu_seconds();
  EXPECT_GE(with_child, 0.09);
  const auto own = UsageOfTree(child);
  ASSERT_TRUE(own);
  EXPECT_GT(alive->memory_bytes, own->memory_bytes);
  ASSERT_EQ(write(go[1], "g", 1), 1);
  ASSERT_EQ(waitpid(child, nullptr, 0), child);
  const auto ended = meter.Sample();
  ASSERT_TRUE(ended);
  EXPECT_EQ(ended->processes, 1);
  EXPECT_GE(meter.cpu_seconds(), with_child);  // what it took is not forgotten
  EXPECT_FALSE(UsageOfTree(child));
  EXPECT_FALSE(UsageMeter(child).Sample());
  for (const int fd : {ready[0], ready[1], go[0], go[1]}) close(fd);
}

TEST(ProcessUsage, NoTimeNoSample) {
  const ManualClock clock;
  EXPECT_FALSE(UsageMeter(getpid(), clock).Sample());
}

TEST(PoolUsage, WorkIsCountedOnceAndRestIsNot) {
  ThreadPool pool(2);
  const PoolUsage before = PoolUsageNow();
  pool.RunChunks(2, [&](int) {
    // A call from inside a piece is part of it.
    pool.RunChunks(2, [](int) { Burn(0.02); });
  });
  const PoolUsage worked = PoolUsageNow();
  const double share = PoolUtilisation(before, worked, 2);
  EXPECT_GT(share, 0.3);
  EXPECT_LE(share, 1);
  // Counted twice it would be more than the time that two threads have.
  EXPECT_LE(worked.busy - before.busy, 2 * (worked.now - before.now));
  usleep(20'000);
  EXPECT_LT(PoolUtilisation(worked, PoolUsageNow(), 2), 0.01);
}

TEST(PoolUsage, OddReadingsAreNoUtilisation) {
  EXPECT_EQ(PoolUtilisation({5, 10}, {6, 10}, 1), 0);  // no time
  EXPECT_EQ(PoolUtilisation({5, 10}, {4, 20}, 1), 0);
  EXPECT_EQ(PoolUtilisation({0, 0}, {30, 10}, 2), 1);
  EXPECT_DOUBLE_EQ(PoolUtilisation({0, 0}, {10, 10}, 4), 0.25);
}

}  // namespace
}  // namespace sinter
