#include "platform/records/key_queue.h"

#include <gtest/gtest.h>

#include <atomic>
#include <thread>
#include <vector>

namespace sinter {
namespace {

using std::chrono::milliseconds;
using Key = std::optional<std::string>;

class Queue : public testing::Test {
 protected:
  ManualClock clock_;
  KeyQueue queue_{{milliseconds(100), milliseconds(350)}, clock_};
};

TEST_F(Queue, AKeyWaitsOnce) {
  queue_.Add("a");
  queue_.Add("b");
  queue_.Add("a");
  EXPECT_EQ(queue_.Take(), Key("a"));
  EXPECT_EQ(queue_.Take(), Key("b"));
  EXPECT_EQ(queue_.Take(), Key());
}

TEST_F(Queue, WhatIsAddedWhileItRunsComesOnceMoreAfterwards) {
  queue_.Add("a");
  ASSERT_EQ(queue_.Take(), Key("a"));
  queue_.Add("a");
  queue_.Add("a");
  EXPECT_EQ(queue_.Take(), Key());  // never by two at once
  queue_.Done("a", true);
  EXPECT_EQ(queue_.Take(), Key("a"));
  queue_.Done("a", true);
  EXPECT_EQ(queue_.Take(), Key());
}

TEST_F(Queue, FailuresWaitLongerAndLonger) {
  queue_.Add("a");
  for (const int wait : {100, 200, 350, 350}) {
    ASSERT_EQ(queue_.Take(), Key("a"));
    queue_.Done("a", false);
    queue_.Add("a");  // a change does not hurry what fails
    clock_.Advance(milliseconds(wait - 1));
    EXPECT_EQ(queue_.Take(), Key()) << wait;
    clock_.Advance(milliseconds(1));
  }
  ASSERT_EQ(queue_.Take(), Key("a"));
  queue_.Done("a", true);
  queue_.Add("a");
  ASSERT_EQ(queue_.Take(), Key("a"));
  queue_.Done("a", false);
  clock_.Advance(milliseconds(100));  // it succeeded in between: the first wait again
  EXPECT_EQ(queue_.Take(), Key("a"));
}

TEST_F(Queue, AgainIsTheLatestAChangeIsSooner) {
  queue_.Add("a");
  ASSERT_EQ(queue_.Take(), Key("a"));
  queue_.Done("a", true, milliseconds(1000));
  EXPECT_EQ(queue_.Take(), Key());
  queue_.Add("a");
  ASSERT_EQ(queue_.Take(), Key("a"));
  queue_.Done("a", true, milliseconds(1000));
  clock_.Advance(milliseconds(1000));
  EXPECT_EQ(queue_.Take(), Key("a"));
  queue_.Done("a", true);
  queue_.Add("b", milliseconds(50));
  queue_.Add("c", milliseconds(20));
  clock_.Advance(milliseconds(50));
  EXPECT_EQ(queue_.Take(), Key("c"));  // by what is due first
  EXPECT_EQ(queue_.Take(), Key("b"));
}

TEST_F(Queue, ClearForgetsWhatWaitsAndKeepsWhatRuns) {
  queue_.Add("a");
  queue_.Add("b");
  ASSERT_EQ(queue_.Take(), Key("a"));
  queue_.Add("a");
  queue_.Clear();
  EXPECT_EQ(queue_.Take(), Key());
  queue_.Add("a");
  EXPECT_EQ(queue_.Take(), Key());  // it still runs
  queue_.Done("a", true);
  EXPECT_EQ(queue_.Take(), Key("a"));
}

// Four workers, many changes: no key is ever with two, and each key's last change is looked at after it.
TEST(KeyQueueThreads, EveryChangeIsSeenAndNoKeyIsWithTwo) {
  constexpr int kKeys = 8, kChanges = 4000;
  KeyQueue queue;
  std::atomic<int> changed[kKeys] = {}, seen[kKeys] = {}, inside[kKeys] = {}, twice{0};
  std::vector<std::thread> workers;
  workers.reserve(4);
  for (int i = 0; i < 4; ++i) {
    workers.emplace_back([&] {
      while (auto key = queue.Wait()) {
        const auto k = static_cast<size_t>(std::stoi(*key));
        if (inside[k]++ != 0) ++twice;
        seen[k] = changed[k].load();
        --inside[k];
        queue.Done(*key, true);
      }
    });
  }
  for (int i = 0; i < kChanges; ++i) {
    const auto k = static_cast<size_t>(i % kKeys);
    ++changed[k];
    queue.Add(std::to_string(k));
  }
  while (queue.Waiting() > 0) std::this_thread::yield();
  queue.WaitUntilIdle();
  while (queue.Waiting() > 0) std::this_thread::yield();  // what was added while it ran
  queue.WaitUntilIdle();
  queue.Stop();
  for (std::thread& worker : workers) worker.join();
  EXPECT_EQ(twice, 0);
  for (int k = 0; k < kKeys; ++k) EXPECT_EQ(seen[k], kChanges / kKeys) << k;
}

}  // namespace
}  // namespace sinter
