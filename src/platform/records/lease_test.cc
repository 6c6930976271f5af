#include "platform/records/lease.h"

#include <gtest/gtest.h>

#include <atomic>
#include <map>
#include <thread>

#include <fmt/format.h>

#include "platform/records/testing/backends.h"

namespace sinter {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

TEST(Lease, StatesAsATable) {
  const LeaseRow bobs{"l", "bob", 3, 1000, 7}, released{"l", "", 3, 1000, 8}, ours{"l", "ann", 3, 1000, 9};
  const struct {
    const char* what;
    std::optional<LeaseRow> row;
    milliseconds unchanged;
    LeaseVerdict verdict;
  } table[] = {
      {"never held", std::nullopt, milliseconds(0), LeaseVerdict::kFree},
      {"released", released, milliseconds(0), LeaseVerdict::kFree},
      {"released long ago", released, milliseconds(9999), LeaseVerdict::kFree},
      {"held, just seen", bobs, milliseconds(0), LeaseVerdict::kHeld},
      {"held, seen for almost its time", bobs, milliseconds(999), LeaseVerdict::kHeld},
      {"held, seen for its time", bobs, milliseconds(1000), LeaseVerdict::kExpired},
      {"ours, of an earlier life", ours, milliseconds(0), LeaseVerdict::kOurs},
      {"ours, long ago", ours, milliseconds(9999), LeaseVerdict::kOurs},
  };
  for (const auto& line : table)
    EXPECT_EQ(JudgeLease(line.row, line.unchanged, "ann"), line.verdict) << line.what;
}

// A wall clock that jumps, beside a monotonic one that does not.
class JumpingClock final : public Clock {
 public:
  Nanoseconds Now() const override { return steady_.Now(); }
  int64_t UnixMillis() const override { return wall_; }
  void Advance(Nanoseconds by) { steady_.Advance(by); }
  void JumpTo(int64_t unix_ms) { wall_ = unix_ms; }

 private:
  ManualClock steady_;
  std::atomic<int64_t> wall_{1'700'000'000'000};
};

class LeaseTest : public testing::TestWithParam<std::string> {
 protected:
  ErrorCode CodeOf(const Result<Lease>& result) {
    return result ? ErrorCode::kInternal : result.error().code;
  }
  JumpingClock clock_;
  std::unique_ptr<RecordsBackend> backend_ = MakeRecordsBackend(GetParam()).value();
  std::unique_ptr<Records> records_ = backend_->Open(clock_).value();
  Leases ann_{*records_, "ann", clock_}, bob_{*records_, "bob", clock_};
};

INSTANTIATE_TEST_SUITE_P(All, LeaseTest, testing::ValuesIn(RecordsBackends()),
                         [](const auto& chosen) { return chosen.param; });

TEST_P(LeaseTest, IsHeldUntilItsHolderIsSilent) {
  auto lease = ann_.Acquire("l", seconds(10));
  ASSERT_TRUE(lease) << lease.error().ToString();
  EXPECT_EQ(lease->row.epoch, 1);
  // Bob looks every 4 s; as long as Ann renews within 10 s, he gets nothing, however long it takes.
  for (int i = 0; i < 10; ++i) {
    EXPECT_EQ(CodeOf(bob_.Acquire("l", seconds(10))), ErrorCode::kConflict);
    clock_.Advance(seconds(4));
    if (i % 2 == 1) lease = ann_.Renew(*lease);
    ASSERT_TRUE(lease);
    EXPECT_FALSE(ann_.Expired(*lease));
  }
  EXPECT_EQ(CodeOf(bob_.Acquire("l", seconds(10))), ErrorCode::kConflict);  // sees the last renewal now
  clock_.Advance(milliseconds(9'999));
  EXPECT_EQ(CodeOf(bob_.Acquire("l", seconds(10))), ErrorCode::kConflict);
  clock_.Advance(milliseconds(1));
  EXPECT_TRUE(ann_.Expired(*lease));
  const auto taken = bob_.Acquire("l", seconds(10));
  ASSERT_TRUE(taken);
  EXPECT_EQ(taken->row.epoch, 2);
  EXPECT_EQ(CodeOf(ann_.Renew(*lease)), ErrorCode::kConflict);
  EXPECT_TRUE(ann_.Release(*lease));  // of what is lost: nothing happens
  EXPECT_TRUE(bob_.Renew(*taken));
}

TEST_P(LeaseTest, AWallClockThatJumpsDoesNoHarm) {
  const auto lease = ann_.Acquire("l", seconds(10));
  EXPECT_EQ(CodeOf(bob_.Acquire("l", seconds(10))), ErrorCode::kConflict);
  for (const int64_t wall : {int64_t{4'000'000'000'000}, int64_t{0}, int64_t{1'700'000'000'000}}) {
    clock_.JumpTo(wall);
    EXPECT_FALSE(ann_.Expired(*lease));
    EXPECT_EQ(CodeOf(bob_.Acquire("l", seconds(10))), ErrorCode::kConflict);
  }
  clock_.Advance(seconds(10));
  clock_.JumpTo(0);
  EXPECT_TRUE(bob_.Acquire("l", seconds(10)));
}

TEST_P(LeaseTest, ReleasedItIsFreeAtOnceUnderANewEpoch) {
  const auto lease = ann_.Acquire("l", seconds(10));
  ASSERT_TRUE(ann_.Release(*lease));
  const auto next = bob_.Acquire("l", seconds(10));
  ASSERT_TRUE(next);
  EXPECT_EQ(next->row.epoch, 2);
}

// A home's server that was killed and is back has not to wait for itself; what its former life still sends
// counts no more.
TEST_P(LeaseTest, ARestartedHolderTakesItsOwnLeaseAtOnce) {
  const auto before = ann_.Acquire("l", seconds(10));
  Leases reborn(*records_, "ann", clock_);
  const auto after = reborn.Acquire("l", seconds(10));
  ASSERT_TRUE(after);
  EXPECT_EQ(after->row.epoch, 2);
  EXPECT_EQ(CodeOf(ann_.Renew(*before)), ErrorCode::kConflict);
}

TEST_P(LeaseTest, ARenewalWhoseAnswerWasLostLosesNothing) {
  const auto lease = ann_.Acquire("l", seconds(10));
  ASSERT_TRUE(ann_.Renew(*lease));
  const auto again = ann_.Renew(*lease);  // with the version before that renewal
  ASSERT_TRUE(again);
  EXPECT_EQ(again->row.epoch, lease->row.epoch);
  EXPECT_EQ(again->row.version, 3);
}

TEST_P(LeaseTest, WhoLostItCanWriteNothing) {
  const auto lease = ann_.Acquire("l", seconds(10));
  auto record = records_->Create("job", "j", R"({"n":1})", "{}", "ann");
  auto update = [&](const Fence& fence) {
    record->spec = R"({"n":2})";
    const RecordWrite writes[] = {RecordWrite::Create("log", fmt::format("{}", fence.epoch), "{}"),
                                  RecordWrite::Update(*record).Under(fence)};
    return records_->Apply(writes, "ann");
  };
  clock_.Advance(seconds(10));
  EXPECT_EQ(CodeOf(bob_.Acquire("l", seconds(10))), ErrorCode::kConflict);
  clock_.Advance(seconds(10));
  const auto taken = bob_.Acquire("l", seconds(10));
  ASSERT_TRUE(taken);
  const auto refused = update(lease->fence());
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, ErrorCode::kConflict);
  EXPECT_NE(refused.error().message.find("'bob' holds"), std::string::npos) << refused.error().message;
  EXPECT_FALSE(records_->Get("log", "1"));  // the whole transaction
  EXPECT_TRUE(update(taken->fence()));
  ASSERT_TRUE(bob_.Release(*taken));
  EXPECT_FALSE(records_->CompareAndSwap(*record, "bob"));
  EXPECT_EQ(update(taken->fence()).error().code, ErrorCode::kConflict);  // released
  EXPECT_EQ(update({"none", 1}).error().code, ErrorCode::kConflict);     // never held
}

// Two threads take turns as the lease is passed on: every fenced step is of the epoch that holds, so that the
// steps of one epoch are never mixed with another's.
TEST_P(LeaseTest, StepsOfEpochsNeverMix) {
  auto records = backend_->Open().value();
  ASSERT_TRUE(records->Create("log", "l", R"({"e":0})", "{}", "t"));
  std::atomic<int> steps{0}, refused{0};
  auto compete = [&](const std::string& me) {
    Leases leases(*records, me);
    while (steps < 60) {
      auto lease = leases.Acquire("l", milliseconds(30));
      if (!lease) continue;
      // Now and then it sleeps beyond its time, and goes on as if nothing had happened.
      for (int i = 0; i < 5; ++i) {
        if (i == 3 && steps % 3 == 0) std::this_thread::sleep_for(milliseconds(60));
        auto record = records->Get("log", "l");
        if (!record) return;
        record->spec = fmt::format(R"({{"e":{}}})", lease->row.epoch);
        const RecordWrite write = RecordWrite::Update(*record).Under(lease->fence());
        records->Apply({&write, 1}, me) ? ++steps : ++refused;
      }
    }
  };
  std::thread a([&] { compete("a"); }), b([&] { compete("b"); });
  a.join();
  b.join();
  int64_t epoch = 0;
  std::map<std::string, std::string> by;  // epoch's spec to its one writer
  int64_t after = 1;
  while (true) {
    const auto changes = records->History({.after = after, .kind = "log", .limit = 1000});
    ASSERT_TRUE(changes);
    if (changes->empty()) break;
    for (const Change& change : *changes) {
      after = change.sequence;
      const int64_t at = std::stoll(change.record.spec.substr(5));
      EXPECT_GE(at, epoch);
      epoch = at;
      EXPECT_EQ(by.try_emplace(change.record.spec, change.by).first->second, change.by);
    }
  }
  EXPECT_GE(steps, 60);
  EXPECT_GT(epoch, 1);
  EXPECT_GT(refused, 0);  // somebody slept, and was refused
}

}  // namespace
}  // namespace sinter
