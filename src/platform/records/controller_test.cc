#include "platform/records/controller.h"

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include <future>

#include <fmt/format.h>

#include "base/json.h"
#include "platform/records/sqlite_records.h"

namespace sinter {
namespace {

using std::chrono::milliseconds;

// A controller for tests: a "counter" has spec {"want":N} and status {"have":N}; it moves by one a look, and
// is not moved while its record is "held".
struct CounterSnapshot {
  bool exists = false;
  int64_t want = 0, have = 0;
  bool held = false;
};
enum class CounterAction : uint8_t { kUp, kDown };

Decision<CounterAction> DecideCounter(const CounterSnapshot& s) {
  if (!s.exists || s.want == s.have) return {};
  if (s.held) return {{}, milliseconds(20)};
  return {{s.want > s.have ? CounterAction::kUp : CounterAction::kDown}, {}};
}

TEST(Controller, ItsDecisionsAreATable) {
  using Wanted = Decision<CounterAction>;
  const struct {
    const char* what;
    CounterSnapshot snapshot;
    Wanted wanted;
  } table[] = {
      {"gone", {.exists = false, .want = 3}, {}},
      {"as wanted", {.exists = true, .want = 3, .have = 3}, {}},
      {"too few", {.exists = true, .want = 3, .have = 1}, {{CounterAction::kUp}, {}}},
      {"too many", {.exists = true, .want = 3, .have = 4}, {{CounterAction::kDown}, {}}},
      {"held: later", {.exists = true, .want = 3, .have = 1, .held = true}, {{}, milliseconds(20)}},
  };
  for (const auto& line : table) EXPECT_EQ(DecideCounter(line.snapshot), line.wanted) << line.what;
}

class Counters final : public PureController<CounterSnapshot, CounterAction> {
 public:
  Counters(Records& records, std::string me) : records_(records), me_(std::move(me)) {}
  std::vector<std::string> Kinds() const override { return {"counter"}; }
  std::atomic<int> fail_next{0}, refused{0};
  std::function<void()> before_write;  // set before the loop begins

 protected:
  Result<CounterSnapshot> Observe(const std::string& key) override {
    auto record = records_.Get("counter", key);
    if (!record && record.error().code == ErrorCode::kNotFound) return CounterSnapshot();
    if (!record) return std::move(record).error();
    const Json spec = Json::parse(record->spec), status = Json::parse(record->status);
    return CounterSnapshot{true, spec.value("want", 0), status.value("have", 0), spec.value("held", false)};
  }
  Decision<CounterAction> Decide(const CounterSnapshot& s) const override { return DecideCounter(s); }
  Status Act(const std::string& key, const CounterAction& action, const Fence& fence) override {
    if (fail_next > 0) {
      --fail_next;
      return Error{ErrorCode::kUnavailable, "not now", ""};
    }
    TRY(Record record, records_.Get("counter", key));
    const int have = Json::parse(record.status).value("have", 0);
    if (before_write) before_write();
    record.status =
        Json{{"have", have + (action == CounterAction::kUp ? 1 : -1)}, {"epoch", fence.epoch}}.dump();
    const RecordWrite write = RecordWrite::Update(record).Under(fence);
    const auto done = records_.Apply({&write, 1}, me_);
    if (done) return {};
    ++refused;
    return done.error();
  }

 private:
  Records& records_;
  std::string me_;
};

class ControllerLoopTest : public testing::Test {
 protected:
  void Make(const std::string& name, int want, bool held = false) {
    ASSERT_TRUE(records_->Create("counter", name, Json{{"want", want}, {"held", held}}.dump(), "{}", "ann"));
  }
  int Have(const std::string& name) {
    return Json::parse(records_->Get("counter", name)->status).value("have", 0);
  }
  bool Reaches(const std::string& name, int want) {
    const auto until = std::chrono::steady_clock::now() + std::chrono::seconds(20);
    while (std::chrono::steady_clock::now() < until) {
      const uint64_t seen = records_->signal().Count();
      if (Have(name) == want) return true;
      records_->signal().WaitBeyond(seen, until);
    }
    return false;
  }
  static ControllerOptions Options() {
    ControllerOptions options;
    options.lease = "controller/counters";
    options.ttl = milliseconds(300);
    options.backoff = {milliseconds(5), milliseconds(50)};
    options.workers = 2;
    return options;
  }
  TemporaryFolder folder_;
  std::unique_ptr<Records> records_ = *OpenSqliteRecords(folder_.path() / "records.db");
};

TEST_F(ControllerLoopTest, BringsWhatIsToWhatIsWanted) {
  Make("before", 3);  // there before the loop: found by its list
  Counters counters(*records_, "a");
  Leases leases(*records_, "a");
  ControllerLoop loop(*records_, leases, counters, Options());
  EXPECT_TRUE(Reaches("before", 3));
  EXPECT_TRUE(loop.Leads());
  Make("after", 2);  // seen as a change
  EXPECT_TRUE(Reaches("after", 2));
  ASSERT_TRUE(records_->Update("counter", "after", "ann", [](Record& r) -> Status {
    r.spec = R"({"want":-1})";
    return {};
  }));
  EXPECT_TRUE(Reaches("after", -1));
  ASSERT_TRUE(records_->Delete(*records_->Get("counter", "before"), "ann"));
  loop.Stop();
  EXPECT_FALSE(loop.Leads());
  EXPECT_EQ(records_->GetLease("controller/counters")->holder, "");  // free for the next at once
}

TEST_F(ControllerLoopTest, WhatFailsIsTriedAgainAndToldOf) {
  std::atomic<int> told{0};
  ControllerOptions options = Options();
  options.on_error = [&](const std::string& key, const Error& error) {
    if (key == "c" && error.message == "not now") ++told;
  };
  Counters counters(*records_, "a");
  counters.fail_next = 4;
  Make("c", 1);
  Leases leases(*records_, "a");
  ControllerLoop loop(*records_, leases, counters, options);
  EXPECT_TRUE(Reaches("c", 1));
  EXPECT_EQ(told, 4);
}

TEST_F(ControllerLoopTest, WhatWasAskedForLaterIsLookedAtAgain) {
  Make("held", 1, true);
  Counters counters(*records_, "a");
  Leases leases(*records_, "a");
  ControllerLoop loop(*records_, leases, counters, Options());
  ASSERT_TRUE(records_->Update("counter", "held", "ann", [](Record& r) -> Status {
    r.spec = R"({"want":1})";
    return {};
  }));
  EXPECT_TRUE(Reaches("held", 1));
}

// Of two loops one acts. Its Stop hands over; after that the other goes on.
TEST_F(ControllerLoopTest, OneOfTwoActsAndTheOtherTakesOver) {
  Counters first(*records_, "a"), second(*records_, "b");
  Leases a(*records_, "a"), b(*records_, "b");
  ControllerLoop one(*records_, a, first, Options());
  Make("c", 5);
  EXPECT_TRUE(Reaches("c", 5));
  ControllerLoop two(*records_, b, second, Options());
  Make("d", 5);
  EXPECT_TRUE(Reaches("d", 5));
  EXPECT_EQ(records_->Get("counter", "d")->updated_by, "a");
  EXPECT_FALSE(two.Leads());
  one.Stop();
  Make("e", 5);
  EXPECT_TRUE(Reaches("e", 5));
  EXPECT_EQ(records_->Get("counter", "e")->updated_by, "b");
}

// The lease is taken from under a loop that is in the middle of an action: its write is refused, it stops
// acting, and leads again once the thief has gone silent.
TEST_F(ControllerLoopTest, ALostLeaseWritesNothing) {
  Counters counters(*records_, "a");
  std::atomic<bool> armed{false};
  counters.before_write = [&] {
    if (!armed.exchange(false)) return;
    // What a thief would do that believes the loop dead: a swap of the row under a new epoch.
    for (bool stolen = false; !stolen;) {
      LeaseRow row = *records_->GetLease("controller/counters");
      row.holder = "thief";
      ++row.epoch;
      stolen = records_->SwapLease(row, row.version).has_value();
    }
  };
  Leases leases(*records_, "a");
  ControllerLoop loop(*records_, leases, counters, Options());
  Make("c", 1);
  ASSERT_TRUE(Reaches("c", 1));
  armed = true;
  Make("d", 1);
  EXPECT_TRUE(Reaches("d", 1));  // by the loop, after its lease expired under the thief and it has a new one
  EXPECT_GE(counters.refused, 1);
  EXPECT_EQ(Json::parse(records_->Get("counter", "d")->status)["epoch"], 3);
}

}  // namespace
}  // namespace sinter
