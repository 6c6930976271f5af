#include "platform/runs/runs.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

#include <fmt/format.h>

#include "platform/hub/home.h"
#include "platform/records/each_record.h"
#include "platform/records/testing/counting_records.h"

namespace sinter {
namespace {

using ::testing::HasSubstr;

class RunsTest : public ::testing::Test {
 protected:
  void SetUp() override {
    home_ = *Home::Open(folder_.path() / "home", clock_);
    data_ = home_->store().Put("data")->digest;
  }
  Runs runs() { return Runs(home_->records(), home_->store(), clock_); }
  RunInfo Make() { return *runs().Create({"cnn", "epochs: 2", "fashion@1", data_, 2}, "ann"); }
  Manifest Checkpoint(std::string_view weights) {
    const BlobInfo info = *home_->store().Put(weights);
    return *Manifest::Make({{"state", info.size, info.digest}});
  }
  TemporaryFolder folder_;
  ManualClock clock_;
  std::unique_ptr<Home> home_;
  Sha256Digest data_;
};

TEST_F(RunsTest, APausedRunGoesOn) {
  NewRun wanted{"cnn", "epochs: 2", "fashion@1", data_};
  wanted.id = "cnn-001";
  wanted.sweep = "cnn";
  const RunInfo made = *runs().Create(wanted, "ann");
  EXPECT_EQ(made.id, "cnn-001");
  EXPECT_EQ(made.sweep, "cnn");
  EXPECT_EQ(runs().Create(wanted, "ann").error().code, ErrorCode::kAlreadyExists);
  ASSERT_TRUE(runs().StartAttempt("cnn-001", "ann"));
  ASSERT_TRUE(runs().AddCheckpoint("cnn-001", 1, 10, Checkpoint("w")));
  ASSERT_TRUE(runs().ReportProgress("cnn-001", 1, 10, 30, 1.5));
  const RunInfo paused = *runs().Finish("cnn-001", 1, RunState::kPaused, "after epoch 1", "");
  EXPECT_FALSE(paused.done());
  EXPECT_EQ(paused.attempts[0].outcome, RunState::kPaused);
  EXPECT_EQ(paused.attempts[0].cpu_seconds, 1.5);
  EXPECT_THAT(runs().ReportProgress("cnn-001", 1, 11, 30).error().message, HasSubstr("cnn-001 is paused"));
  const auto again = *runs().StartAttempt("cnn-001", "ann");
  EXPECT_EQ(again.run.state, RunState::kRunning);
  EXPECT_EQ(again.run.step, 10);
  ASSERT_TRUE(again.resume_from);
  EXPECT_TRUE(runs().Finish("cnn-001", 2, RunState::kSucceeded, "", "cnn@1"));
}

TEST_F(RunsTest, ARunsLife) {
  const RunInfo made = Make();
  EXPECT_TRUE(made.id.starts_with("cnn-"));
  EXPECT_EQ(made.state, RunState::kCreated);
  auto started = runs().StartAttempt(made.id, "ann");
  ASSERT_TRUE(started) << started.error().ToString();
  EXPECT_EQ(started->run.attempt(), 1);
  EXPECT_FALSE(started->resume_from);
  auto token = Tokens(home_->records()).Check(started->token);
  ASSERT_TRUE(token);
  EXPECT_EQ(token->scope.run, made.id);
  EXPECT_EQ(token->scope.attempt, 1);
  ASSERT_TRUE(runs().ReportProgress(made.id, 1, 30, 100));
  ASSERT_TRUE(runs().AddCheckpoint(made.id, 1, 20, Checkpoint("twenty")));
  ASSERT_TRUE(runs().Finish(made.id, 1, RunState::kSucceeded, "", "cnn@1"));
  ASSERT_TRUE(runs().Finish(made.id, 1, RunState::kSucceeded, "", "cnn@1"));  // the answer was lost: again

  home_.reset();
  home_ = *Home::Open(folder_.path() / "home", clock_);
  const RunInfo run = *runs().Get(made.id);
  EXPECT_EQ(run.state, RunState::kSucceeded);
  EXPECT_EQ(run.recipe, "epochs: 2");
  EXPECT_EQ(run.dataset, "fashion@1");
  EXPECT_EQ(run.dataset_version, data_);
  EXPECT_EQ(run.ranks, 2);
  EXPECT_EQ(run.step, 30);
  EXPECT_EQ(run.model, "cnn@1");
  EXPECT_EQ(run.checkpoints[0].bytes, 6u);
  EXPECT_EQ(runs().StartAttempt(made.id, "ann").error().code, ErrorCode::kConflict);
}

TEST_F(RunsTest, ALostAttemptThatComesBackWritesNothing) {
  const RunInfo made = Make();
  const auto first = *runs().StartAttempt(made.id, "ann");
  ASSERT_TRUE(runs().AddCheckpoint(made.id, 1, 20, Checkpoint("twenty")));
  ASSERT_TRUE(runs().AddCheckpoint(made.id, 1, 40, Checkpoint("forty")));
  clock_.Advance(std::chrono::seconds(60));
  const auto second = *runs().StartAttempt(made.id, "ann");
  EXPECT_EQ(second.run.attempt(), 2);
  EXPECT_EQ(second.resume_from->step, 40);
  EXPECT_EQ(second.run.attempts[1].from_step, 40);
  EXPECT_EQ(second.run.attempts[0].outcome, RunState::kFailed);
  EXPECT_EQ(Tokens(home_->records()).Check(first.token).error().code, ErrorCode::kUnauthenticated);
  EXPECT_TRUE(Tokens(home_->records()).Check(second.token));
  EXPECT_THAT(runs().ReportProgress(made.id, 1, 50, 100).error().message, HasSubstr("attempt 2 has it"));
  EXPECT_EQ(runs().AddCheckpoint(made.id, 1, 60, Checkpoint("sixty")).error().code, ErrorCode::kConflict);
  EXPECT_EQ(runs().Finish(made.id, 1, RunState::kFailed, "", "").error().code, ErrorCode::kConflict);
  EXPECT_EQ(runs().Get(made.id)->checkpoints.size(), 2u);
  EXPECT_TRUE(runs().CheckAttempt(made.id, 2));
}

TEST_F(RunsTest, AFailedRunIsTriedAgainACancelledOneIsNot) {
  const RunInfo made = Make();
  ASSERT_TRUE(runs().StartAttempt(made.id, "ann"));
  ASSERT_TRUE(runs().Finish(made.id, 1, RunState::kFailed, "rank 1 was killed", ""));
  EXPECT_EQ(runs().Get(made.id)->attempts[0].message, "rank 1 was killed");
  const auto again = runs().StartAttempt(made.id, "ann");
  ASSERT_TRUE(again);
  ASSERT_TRUE(runs().Cancel(made.id, "bob"));
  EXPECT_THAT(runs().ReportProgress(made.id, 2, 1, 1).error().message, HasSubstr("cancelled"));
  EXPECT_EQ(Tokens(home_->records()).Check(again->token).error().code, ErrorCode::kUnauthenticated);
  EXPECT_EQ(runs().StartAttempt(made.id, "ann").error().code, ErrorCode::kConflict);
}

TEST_F(RunsTest, ListsTheNewestFirst) {
  std::vector<std::string> ids;
  for (int i = 0; i < 5; ++i) {
    ids.push_back(Make().id);
    clock_.Advance(std::chrono::seconds(1));
  }
  const auto listed = *runs().List(3);
  ASSERT_EQ(listed.size(), 3u);
  for (size_t i = 0; i < 3; ++i) EXPECT_EQ(listed[i].id, ids[4 - i]);
}

TEST_F(RunsTest, RefusesWhatIsNoRun) {
  EXPECT_FALSE(runs().Create({"a/b", "", "", data_, 1}, "ann"));
  EXPECT_FALSE(runs().Create({"cnn", "", "", data_, 0}, "ann"));
  EXPECT_EQ(runs().Create({"cnn", "", "", HashText("other"), 1}, "ann").error().code, ErrorCode::kNotFound);
  EXPECT_EQ(runs().Get("nobody").error().code, ErrorCode::kNotFound);
  const RunInfo made = Make();
  ASSERT_TRUE(runs().StartAttempt(made.id, "ann"));
  Manifest absent = *Manifest::Make({{"state", 3, HashText("never uploaded")}});
  EXPECT_EQ(runs().AddCheckpoint(made.id, 1, 1, absent).error().code, ErrorCode::kNotFound);
  EXPECT_FALSE(runs().Finish(made.id, 1, RunState::kRunning, "", ""));
}

// What 10,000 runs need: a list reads its page, and what changed since the list before.
TEST_F(RunsTest, AListReadsItsPageAlone) {
  CountingRecords counting(home_->records());
  Runs all(counting, home_->store(), clock_);
  for (int i = 0; i < 60; ++i) {
    clock_.Advance(std::chrono::milliseconds(i % 3));  // some at the same time
    ASSERT_TRUE(all.CreateOutside({"0", fmt::format("run {}", i), "", 1}, "ann"));
  }
  ASSERT_EQ(all.List(5)->size(), 5u);  // reads all of them once
  counting.TakeRead();
  const auto newest = *all.List(5);
  EXPECT_EQ(counting.TakeRead(), 5);
  // The same as by reading everything.
  std::vector<RunInfo> sorted;
  ASSERT_TRUE(ForEachRecord(home_->records(), "run", [&](const Record& record) -> Status {
    sorted.push_back(*ReadRun(record));
    return {};
  }));
  std::ranges::stable_sort(sorted, std::greater<>(), &RunInfo::created_ms);
  for (size_t i = 0; i < newest.size(); ++i) EXPECT_EQ(newest[i].id, sorted[i].id);
  ASSERT_TRUE(all.Change(newest[0].id, "ann", [](RunInfo& run) -> Status {
    run.tracking.deleted_ms = 1;
    return {};
  }));
  counting.TakeRead();
  EXPECT_EQ(all.List(4)->front().id, newest[1].id);
  EXPECT_EQ(counting.TakeRead(), 4 + 1);
}

}  // namespace
}  // namespace sinter
