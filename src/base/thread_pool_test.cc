#include "base/thread_pool.h"

#include <gtest/gtest.h>

#include <numeric>

namespace sinter {
namespace {

TEST(ThreadPool, EveryIndexOnce) {
  ThreadPool pool(4);
  for (int64_t n : {0, 1, 3, 4, 5, 1000}) {
    std::vector<int> seen(static_cast<size_t>(n), 0);
    pool.ParallelFor(n, 1, [&](int64_t begin, int64_t end) {
      for (int64_t i = begin; i < end; ++i) ++seen[static_cast<size_t>(i)];
    });
    EXPECT_EQ(std::accumulate(seen.begin(), seen.end(), int64_t{0}), n);
  }
}

TEST(ThreadPool, SeveralCallersAndNestedCalls) {
  ThreadPool pool(3);
  std::vector<std::thread> callers;
  callers.reserve(4);
  std::atomic<int64_t> sum{0};
  for (int c = 0; c < 4; ++c) {
    callers.emplace_back([&] {
      for (int round = 0; round < 500; ++round) {
        pool.ParallelFor(64, 1, [&](int64_t begin, int64_t end) {
          pool.ParallelFor(end - begin, 1, [&](int64_t b, int64_t e) { sum += e - b; });
        });
      }
    });
  }
  for (std::thread& caller : callers) caller.join();
  EXPECT_EQ(sum.load(), 4 * 500 * 64);
}

TEST(ThreadPool, TheSplitDependsOnSizesAlone) {
  ThreadPool pool(2);
  EXPECT_EQ(pool.RangeCount(100, 1), 2);
  EXPECT_EQ(pool.RangeCount(100, 60), 1);
  EXPECT_EQ(ThreadPool::RangeBegin(101, 2, 1), 50);
}

}  // namespace
}  // namespace sinter
