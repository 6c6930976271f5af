// Waiting for changes, on every implementation: nothing is missed, whoever writes.
#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <future>
#include <thread>

#include <fmt/format.h>

#include "platform/records/lease.h"
#include "platform/records/testing/backends.h"

namespace sinter {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

Records::Deadline In(milliseconds time) { return std::chrono::steady_clock::now() + time; }

class WatchTest : public testing::TestWithParam<std::string> {
 protected:
  void SetUp() override {
    auto backend = MakeRecordsBackend(GetParam());
    ASSERT_TRUE(backend) << backend.error().ToString();
    backend_ = *std::move(backend);
  }
  std::unique_ptr<Records> Open() { return backend_->Open().value(); }
  std::unique_ptr<RecordsBackend> backend_;
};

INSTANTIATE_TEST_SUITE_P(All, WatchTest, testing::ValuesIn(RecordsBackends()),
                         [](const auto& chosen) { return chosen.param; });

TEST_P(WatchTest, WritesOfThisProcessAndOfOthersWakeWhoWaits) {
  auto ours = Open(), theirs = Open();
  int64_t after = 0;
  for (Records* writer : {ours.get(), theirs.get()}) {
    auto answer = std::async(std::launch::async, [&, after] {
      return ours->WaitForChanges({.after = after, .kind = "model"}, In(seconds(60)));
    });
    EXPECT_EQ(answer.wait_for(milliseconds(60)), std::future_status::timeout);
    ASSERT_TRUE(writer->Create("other", fmt::format("{}", after), "{}", "{}", "ann"));
    EXPECT_EQ(answer.wait_for(milliseconds(60)), std::future_status::timeout);
    auto made = writer->Create("model", fmt::format("{}", after), "{}", "{}", "ann");
    ASSERT_EQ(answer.wait_for(seconds(20)), std::future_status::ready);
    const auto changes = answer.get();
    ASSERT_TRUE(changes) << changes.error().ToString();
    ASSERT_EQ(changes->size(), 1u);
    EXPECT_EQ(changes->at(0).sequence, made->revision);
    after = made->revision;
  }
}

TEST_P(WatchTest, WhatWasMissedComesAtOnce) {
  auto records = Open();
  for (int i = 0; i < 5; ++i) ASSERT_TRUE(records->Create("k", fmt::format("{}", i), "{}", "{}", "ann"));
  const auto page = records->WaitForChanges({.after = 1, .limit = 2}, In(seconds(60)));
  ASSERT_EQ(page->size(), 2u);
  EXPECT_EQ(page->at(0).sequence, 2);
  const auto of_one = records->WaitForChanges({.after = 1, .kind = "k", .name = "4"}, In(seconds(60)));
  ASSERT_EQ(of_one->size(), 1u);
  EXPECT_EQ(of_one->at(0).sequence, 5);
}

TEST_P(WatchTest, ItEndsWithTheDeadlineOrWhenCancelled) {
  auto records = Open();
  const auto nothing = records->WaitForChanges({}, In(milliseconds(30)));
  ASSERT_TRUE(nothing);
  EXPECT_TRUE(nothing->empty());
  CancelSource cancel;
  auto answer = std::async(std::launch::async,
                           [&] { return records->WaitForChanges({}, In(seconds(60)), cancel.token()); });
  cancel.Cancel();
  ASSERT_EQ(answer.wait_for(seconds(20)), std::future_status::ready);
  EXPECT_EQ(answer.get().error().code, ErrorCode::kCancelled);
  EXPECT_EQ(records->WaitForChanges({.after = 1}, In(seconds(60))).error().code, ErrorCode::kConflict);
}

// Eight writers on two handles; one reader that follows must see every number once, in order, with no gap:
// a commit that becomes visible after a later number was seen would be missed for ever.
TEST_P(WatchTest, AFollowerMissesNothingWhileManyWrite) {
  auto a = Open(), b = Open(), reader = Open();
  constexpr int kThreads = 8, kEach = 25;
  std::atomic<int> failed{0};
  std::vector<std::thread> writers;
  writers.reserve(kThreads);
  for (int t = 0; t < kThreads; ++t) {
    writers.emplace_back([&, t] {
      Records& records = t % 2 == 0 ? *a : *b;
      for (int i = 0; i < kEach; ++i) {
        const RecordWrite writes[] = {RecordWrite::Create("k", fmt::format("{}-{}", t, i), "{}"),
                                      RecordWrite::Create("k", fmt::format("{}-{}x", t, i), "{}")};
        failed += !records.Apply(writes, "w");
      }
    });
  }
  int64_t seen = 0;
  while (seen < 2 * kThreads * kEach) {
    const auto changes = reader->WaitForChanges({.after = seen}, In(seconds(30)));
    if (!changes || changes->empty()) break;
    for (const Change& change : *changes) {
      EXPECT_EQ(change.sequence, seen + 1);
      seen = change.sequence;
    }
  }
  for (std::thread& writer : writers) writer.join();
  EXPECT_EQ(failed, 0);
  EXPECT_EQ(seen, 2 * kThreads * kEach);
}

// What each of several servers' processes does: counts one record up, and, while it has the lease, writes
// under its fence.
[[noreturn]] void Compete(RecordsBackend& backend, int start, const std::string& me) {
  char go = 0;
  if (::read(start, &go, 1) != 1) ::_exit(1);
  auto records = backend.Open();
  if (!records) ::_exit(2);
  Leases leases(**records, me);
  for (int i = 0; i < 20; ++i) {
    const auto counted = (*records)->Update("counter", "c", me, [](Record& record) -> Status {
      record.spec = fmt::format(R"({{"n":{}}})", std::stoi(record.spec.substr(5)) + 1);
      return {};
    });
    if (!counted) ::_exit(3);
    const auto lease = leases.Acquire("l", milliseconds(100));
    if (!lease) continue;
    for (int step = 0; step < 3; ++step) {
      const RecordWrite write =
          RecordWrite::Create("led", fmt::format("{:04}-{}-{}", lease->row.epoch, step, me),
                              fmt::format(R"({{"epoch":{}}})", lease->row.epoch))
              .Under(lease->fence());
      const auto led = (*records)->Apply({&write, 1}, me);
      if (!led && led.error().code != ErrorCode::kConflict) ::_exit(4);
    }
    if (i % 2 == 0 && !leases.Release(*lease)) ::_exit(5);
  }
  ::_exit(0);
}

TEST_P(WatchTest, ProcessesShareOneOrderOneCounterAndOneLease) {
  constexpr int kProcesses = 3;
  int start[2];
  ASSERT_EQ(::pipe(start), 0);
  std::vector<pid_t> children;  // forked while this process has one thread
  children.reserve(kProcesses);
  for (int i = 0; i < kProcesses; ++i) {
    children.push_back(::fork());
    if (children.back() == 0) Compete(*backend_, start[0], fmt::format("p{}", i));
  }
  auto records = Open();
  ASSERT_TRUE(records->Create("counter", "c", R"({"n":0})", "{}", "t"));
  ASSERT_EQ(::write(start[1], "ggg", kProcesses), kProcesses);
  int64_t seen = 1, counted = 0, epoch = 0;
  std::string leader;
  const auto until = In(seconds(120));
  while (counted < 20 * kProcesses && std::chrono::steady_clock::now() < until) {
    const auto changes = records->WaitForChanges({.after = seen}, until);
    ASSERT_TRUE(changes) << changes.error().ToString();
    for (const Change& change : *changes) {
      EXPECT_EQ(change.sequence, seen + 1);
      seen = change.sequence;
      if (change.record.kind == "counter") {
        EXPECT_EQ(change.record.spec, fmt::format(R"({{"n":{}}})", ++counted));
        continue;
      }
      const int64_t at = std::stoll(change.record.spec.substr(9));
      EXPECT_GE(at, epoch);  // nothing of an older epoch after a newer one's first
      if (at == epoch) {
        EXPECT_EQ(change.by, leader);
      }
      epoch = at;
      leader = change.by;
    }
  }
  EXPECT_EQ(counted, 20 * kProcesses);
  EXPECT_GT(epoch, 1);
  for (const pid_t child : children) {
    int status = 0;
    ASSERT_EQ(::waitpid(child, &status, 0), child);
    EXPECT_TRUE(WIFEXITED(status) && WEXITSTATUS(status) == 0) << status;
  }
  ::close(start[0]);
  ::close(start[1]);
}

}  // namespace
}  // namespace sinter
