#include "server/api/sweep_api.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "platform/data/import_idx.h"
#include "platform/data/testing.h"

namespace sinter {
namespace {

using ::testing::HasSubstr;

constexpr const char* kRecipe =
    "name: net\ndata: {dataset: fashion}\nmodel: {layers: [flatten, {dense: {units: 3}}]}\n"
    "optimizer: {learning_rate: 0.1}\nepochs: 4\nbatch_size: 4\n";
constexpr const char* kSweep =
    "name: s\nrecipe: r.yaml\nparallel: 2\nhalving: {min_epochs: 1, eta: 2}\njob: {cpus: 1, memory_mb: 64}\n"
    "parameters: {optimizer.learning_rate: [0.1, 0.2]}\n";

class SweepApiTest : public ::testing::Test {
 protected:
  void SetUp() override {
    platform_ = *Platform::Open(folder_.path() / "home", clock_);
    WriteSplit(folder_.path(), "train", 12, 3);
    const auto imported = *ImportIdx(platform_->store(), {*FindIdxSplits(folder_.path()), {}});
    ASSERT_TRUE(
        platform_->repositories(RepositoryKind::kDataset).Add("fashion", imported.manifest, "", "ann"));
    who_.name = "ann";
    who_.access = Access::kWrite;
  }
  Result<Json> Submit(const std::string& sweep, const std::string& recipe = kRecipe) {
    return SubmitSweep(*platform_, {{"sweep", sweep}, {"recipe", recipe}}, who_);
  }
  TemporaryFolder folder_;
  ManualClock clock_;
  std::unique_ptr<Platform> platform_;
  Principal who_;
};

TEST_F(SweepApiTest, ATrialsJobIsMadeOnce) {
  const auto made = Submit(kSweep);
  ASSERT_TRUE(made) << made.error().ToString();
  EXPECT_EQ((*made)["state"], "running");
  EXPECT_EQ((*made)["dataset"], "fashion@1");
  EXPECT_EQ((*made)["rungs"], Json({1, 2, 4}));
  EXPECT_EQ((*made)["trials"].size(), 2U);
  EXPECT_EQ((*made)["trials"][1]["parameters"]["optimizer.learning_rate"], "0.2");
  EXPECT_EQ(Submit(kSweep).error().code, ErrorCode::kAlreadyExists);
  SweepInfo sweep = *platform_->sweeps().Get("s");
  sweep.states[1].job = platform_->jobs().NewId();
  ASSERT_TRUE(SubmitSweepTrial(*platform_, sweep, 1));
  ASSERT_TRUE(SubmitSweepTrial(*platform_, sweep, 1)) << "a server that was killed tries again";
  const auto jobs = *platform_->jobs().List();
  ASSERT_EQ(jobs.size(), 1U);
  EXPECT_EQ(jobs[0].id, sweep.states[1].job);
  EXPECT_EQ(jobs[0].spec.owner, "ann");
  EXPECT_EQ(jobs[0].spec.sweep, "s");
  EXPECT_EQ(jobs[0].spec.until_epoch, 1);
  EXPECT_EQ(jobs[0].spec.run, "s-002");
  const RunInfo run = *platform_->runs().Get("s-002");
  EXPECT_EQ(run.sweep, "s");
  EXPECT_EQ(run.dataset, "fashion@1");
  EXPECT_THAT(run.recipe, HasSubstr("learning_rate: 0.2"));
  // The last rung trains to the end.
  sweep.states[1].rung = 2;
  sweep.states[1].job = platform_->jobs().NewId();
  ASSERT_TRUE(SubmitSweepTrial(*platform_, sweep, 1));
  EXPECT_EQ(platform_->jobs().Get(sweep.states[1].job)->spec.until_epoch, 0);
}

TEST_F(SweepApiTest, WhatIsRefusedLeavesNothing) {
  EXPECT_THAT(Submit("{").error().message, HasSubstr("line 1"));
  EXPECT_THAT(Submit(std::string(kSweep) + "more: 1\n").error().message, HasSubstr("more"));
  EXPECT_THAT(Submit(kSweep, "epochs: 1\n").error().ToString(), HasSubstr("the recipe of trial 1"));
  std::string elsewhere = kSweep;
  elsewhere.replace(elsewhere.find("optimizer.learning_rate"), 23, "data.dataset");
  EXPECT_THAT(Submit(elsewhere).error().message, HasSubstr("different data sets"));
  std::string large = kSweep;
  large.replace(large.find("cpus: 1"), 7, "cpus: 4000");
  EXPECT_THAT(Submit(large).error().message, HasSubstr("a trial needs 4000 cores"));
  EXPECT_TRUE(platform_->sweeps().List()->empty());
  // A run of that name that is somebody else's is not taken over.
  ASSERT_TRUE(Submit(kSweep));
  SweepInfo sweep = *platform_->sweeps().Get("s");
  NewRun other{"x", kRecipe, "fashion@1",
               platform_->repositories(RepositoryKind::kDataset).Find("fashion")->id};
  other.id = "s-001";
  ASSERT_TRUE(platform_->runs().Create(other, "bob"));
  sweep.states[0].job = platform_->jobs().NewId();
  EXPECT_EQ(SubmitSweepTrial(*platform_, sweep, 0).error().code, ErrorCode::kAlreadyExists);
}

TEST_F(SweepApiTest, WishesUntilItIsCancelled) {
  ASSERT_TRUE(Submit(kSweep));
  Sweeps& sweeps = platform_->sweeps();
  EXPECT_EQ(sweeps.SetWish("s", SweepWish::kPause, "ann")->State(), "paused");
  EXPECT_EQ(sweeps.SetWish("s", SweepWish::kRun, "ann")->State(), "running");
  ASSERT_TRUE(sweeps.SetWish("s", SweepWish::kCancel, "ann"));
  EXPECT_THAT(sweeps.SetWish("s", SweepWish::kRun, "ann").error().message, HasSubstr("being cancelled"));
  EXPECT_EQ(sweeps.SetWish("none", SweepWish::kRun, "ann").error().code, ErrorCode::kNotFound);
}

TEST_F(SweepApiTest, ListsTheNewestFirst) {
  const Record made = [&] {
    EXPECT_TRUE(Submit(kSweep));
    return *platform_->records().Get(kSweepKind, "s");
  }();
  for (const char* name : {"t", "a", "x"}) {
    clock_.Advance(std::chrono::seconds(1));
    ASSERT_TRUE(platform_->records().Create(made.kind, name, made.spec, made.status, "ann"));
    EXPECT_EQ(platform_->sweeps().List()->front().name, name);
  }
  const auto newest = *platform_->sweeps().List(3);
  ASSERT_EQ(newest.size(), 3u);
  EXPECT_EQ(newest[1].name, "a");
  EXPECT_EQ(newest[2].name, "t");
}

}  // namespace
}  // namespace sinter
