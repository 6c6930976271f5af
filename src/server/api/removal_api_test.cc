#include "server/api/removal_api.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "platform/data/governance.h"
#include "platform/data/import_idx.h"
#include "platform/data/testing.h"
#include "platform/labels/labellings.h"
#include "platform/runs/sweep.h"
#include "platform/runs/testing.h"
#include "server/api/console_overview.h"
#include "server/api/dataset_api.h"
#include "server/api/repository_api.h"

namespace sinter {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;

constexpr auto kData = RepositoryKind::kDataset;
constexpr auto kModel = RepositoryKind::kModel;

class RemovalTest : public testing::Test {
 protected:
  void SetUp() override {
    platform_ = *Platform::Open(folder_.path() / "home", clock_);
    WriteSplit(folder_.path(), "train", 12, 3);
    AddData();
  }
  void AddData() {
    const auto imported = *ImportIdx(platform_->store(), {*FindIdxSplits(folder_.path()), {}});
    const auto added = platform_->repositories(kData).Add("d", imported.manifest, "", "ann");
    ASSERT_TRUE(added) << added.error().ToString();
  }
  void AddModel(std::string_view weights) {
    const BlobInfo file = *platform_->store().Put(weights), signature = *platform_->store().Put("{}");
    ASSERT_TRUE(platform_->repositories(kModel).Add(
        "m",
        *Manifest::Make(
            {{"model.onnx", file.size, file.digest}, {"signature.json", signature.size, signature.digest}}),
        "", "ann"));
  }
  TemporaryFolder folder_;
  ManualClock clock_;
  std::unique_ptr<Platform> platform_;
};

TEST_F(RemovalTest, AVersionThatIsLabelledOrSweptStays) {
  ASSERT_TRUE(platform_->labellings().Create("names", *ReadLabellingSpec({{"dataset", "d@1"}}), "ann"));
  SweepInfo sweep = SmallSweep("d@1");
  const auto kept = platform_->records().Create(std::string(kSweepKind), "rates", SweepSpecText(sweep),
                                                SweepStatusText(sweep), "ann");
  ASSERT_TRUE(kept);
  const auto refused = RemoveVersions(*platform_, kData, "d@1", "old", "ann");
  ASSERT_FALSE(refused);
  EXPECT_THAT(refused.error().message, AllOf(HasSubstr("labelling names"), HasSubstr("sweep rates")));
  sweep.over = true;
  ASSERT_TRUE(platform_->records().Update(kSweepKind, "rates", "ann", [&](Record& record) -> Status {
    record.status = SweepStatusText(sweep);
    return {};
  }));
  ASSERT_TRUE(platform_->labellings().SetOpen("names", false, "ann"));
  const auto removed = RemoveVersions(*platform_, kData, "d@1", "asked for", "ann");
  EXPECT_TRUE(removed) << removed.error().ToString();
}

TEST_F(RemovalTest, AVersionThatARunReadsStays) {
  const auto version = *platform_->repositories(kData).Find("d@1");
  const auto run = *platform_->runs().Create({"fit", "recipe", "d@1", version.id, 1}, "ann");
  ASSERT_TRUE(platform_->runs().StartAttempt(run.id, "ann"));
  for (const char* ref : {"d@1", "d"}) {
    const auto refused = RemoveVersions(*platform_, kData, ref, "old", "ann");
    ASSERT_FALSE(refused) << ref;
    EXPECT_EQ(refused.error().code, ErrorCode::kConflict);
    EXPECT_THAT(refused.error().message, HasSubstr("run " + run.id));
  }
  ASSERT_TRUE(platform_->runs().Finish(run.id, 1, RunState::kSucceeded, "", ""));
  ASSERT_TRUE(ShowProfile(*platform_, "d@1"));
  EXPECT_FALSE(RemoveVersions(*platform_, kData, "d@1", "", "ann"));  // why?
  const auto removed = RemoveVersions(*platform_, kData, "d@1", "asked for", "ann");
  ASSERT_TRUE(removed) << removed.error().ToString();
  EXPECT_EQ((*removed)["removed"], Json::array({"d@1"}));
  EXPECT_FALSE(platform_->records().Get(kProfileKind, ProfileName(version.id)));
  EXPECT_THAT(ShowVersion(*platform_, kData, "d@1").error().message, HasSubstr("removed by ann"));
  const Json versions = *ListVersions(*platform_, kData, "d");
  EXPECT_EQ(versions["items"][0]["removed"]["reason"], "asked for");
  EXPECT_EQ(platform_->runs().Get(run.id)->dataset, "d@1");  // history stays
}

TEST_F(RemovalTest, AModelThatAServiceHasStays) {
  AddModel("one");
  AddModel("two");
  ServiceInfo service;
  service.name = "s";
  service.model = "m@2";
  service.current = {"2", "m@2"};
  service.gates.golden = GoldenGate{.dataset = "d"};
  ASSERT_TRUE(platform_->records().Create(std::string(kServiceKind), "s", ServiceSpecText(service),
                                          ServiceStatusText(service), "ann"));
  for (const auto& [kind, ref] :
       {std::pair(kModel, "m@2"), std::pair(kModel, "m"), std::pair(kModel, "m@main"),
        std::pair(kData, "d@1"), std::pair(kData, "d")}) {
    const auto refused = RemoveVersions(*platform_, kind, ref, "old", "ann");
    ASSERT_FALSE(refused) << ref;
    EXPECT_THAT(refused.error().message, HasSubstr("service s"));
  }
  EXPECT_TRUE(RemoveVersions(*platform_, kModel, "m@1", "old", "ann"));
  const Record record = *platform_->records().Get(kServiceKind, "s");
  ASSERT_TRUE(platform_->records().Delete(record, "ann"));
  const auto removed = RemoveVersions(*platform_, kModel, "m", "all of it", "ann");
  ASSERT_TRUE(removed) << removed.error().ToString();
  EXPECT_EQ((*removed)["removed"], Json::array({"m@2"}));
  EXPECT_EQ(platform_->repositories(kModel).Find("m").error().code, ErrorCode::kNotFound);
  const auto history =
      *platform_->records().History({.after = 0, .kind = "model", .name = "m", .limit = 1000});
  EXPECT_EQ(history.back().change, ChangeKind::kDelete);
  EXPECT_THAT(history.back().record.status, HasSubstr("all of it"));
}

TEST_F(RemovalTest, WhatIsOlderThanItMayBeKeptIsDueUntilItIsRemoved) {
  ASSERT_TRUE(SetGovernance(platform_->records(), "d", {{"retention_days", 30}, {"owner", "ann"}}, "ann"));
  ASSERT_TRUE(SetGovernance(platform_->records(), "gone", {{"retention_days", 1}}, "ann"));
  clock_.Advance(std::chrono::hours(24 * 20));
  WriteSplit(folder_.path(), "train", 13, 3);
  AddData();
  EXPECT_EQ((*RetentionDue(*platform_))["items"], Json::array());
  clock_.Advance(std::chrono::hours(24 * 10));
  Json due = (*RetentionDue(*platform_))["items"];
  ASSERT_EQ(due.size(), 1u);
  EXPECT_EQ(due[0]["ref"], "d@1");
  EXPECT_EQ(due[0]["due_ms"], clock_.UnixMillis());
  EXPECT_EQ(due[0]["owner"], "ann");
  bool seen = false;
  const Json overview = *Overview(*platform_);
  for (const Json& one : overview["attention"])
    seen = seen || (one["kind"] == "retention_due" && one["name"] == "d@1");
  EXPECT_TRUE(seen);
  ASSERT_TRUE(RemoveVersions(*platform_, kData, "d@1", "retention", "ann"));
  EXPECT_EQ((*RetentionDue(*platform_))["items"], Json::array());
  clock_.Advance(std::chrono::hours(24 * 20));
  EXPECT_EQ((*RetentionDue(*platform_))["items"].size(), 1u);  // the second one
}

}  // namespace
}  // namespace sinter
