#include "base/thread_pool.h"

#include <gtest/gtest.h>

#include <chrono>
#include <mutex>
#include <numeric>
#include <set>

#include "base/pool_width.h"

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

// How many threads took part in some chunks that take a moment each.
size_t Helped(ThreadPool& pool) {
  std::mutex mutex;
  std::set<std::thread::id> threads;
  int chunks = 0;
  pool.RunChunks(48, [&](int) {
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
    std::lock_guard lock(mutex);
    threads.insert(std::this_thread::get_id());
    ++chunks;
  });
  EXPECT_EQ(chunks, 48);
  return threads.size();
}

// Never more than `most`, and, on however busy a machine, once as many.
testing::AssertionResult HelpedBy(ThreadPool& pool, size_t most) {
  const auto until = std::chrono::steady_clock::now() + std::chrono::seconds(60);
  size_t largest = 0;
  while (largest < most && std::chrono::steady_clock::now() < until)
    largest = std::max(largest, Helped(pool));
  if (largest == most) return testing::AssertionSuccess();
  return testing::AssertionFailure() << largest << " threads instead of " << most;
}

TEST(ThreadPool, ACallerMayBeHelpedByFewer) {
  ThreadPool pool(4);
  EXPECT_TRUE(HelpedBy(pool, 4));
  for (const int width : {1, 2, 3, 4, 9}) {
    const PoolWidth of(width);
    const auto most = static_cast<size_t>(std::min(width, 4));
    for (int round = 0; round < 3; ++round) EXPECT_TRUE(HelpedBy(pool, most));
    {
      const PoolWidth all(0);
      EXPECT_TRUE(HelpedBy(pool, 4)) << "the innermost counts";
    }
    EXPECT_TRUE(HelpedBy(pool, most));
    EXPECT_EQ(pool.RangeCount(100, 1), 4) << "work is split as ever";
  }
  EXPECT_TRUE(HelpedBy(pool, 4));
}

TEST(ThreadPool, WhoWorksAloneLeavesThePoolToOthers) {
  ThreadPool pool(2);
  const PoolWidth alone(1);
  bool shared = false;
  pool.RunChunks(2, [&](int i) {
    if (i > 0) return;
    // While this one runs, another caller has the pool's other thread.
    std::thread other([&] { shared = static_cast<bool>(HelpedBy(pool, 2)); });
    other.join();
  });
  EXPECT_TRUE(shared);
}

TEST(ThreadPool, CallersOfManyWidthsAtOnce) {
  ThreadPool pool(4);
  std::vector<std::thread> callers;
  callers.reserve(4);
  std::atomic<int64_t> sum{0};
  for (int c = 0; c < 4; ++c) {
    callers.emplace_back([&, c] {
      for (int round = 0; round < 500; ++round) {
        const PoolWidth width((c + round) % 5);
        pool.ParallelFor(64, 1, [&](int64_t begin, int64_t end) { sum += end - begin; });
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
