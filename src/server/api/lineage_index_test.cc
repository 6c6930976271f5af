#include "server/api/lineage_index.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "platform/data/import_idx.h"
#include "platform/data/testing.h"
#include "platform/records/testing/counting_records.h"
#include "server/api/platform.h"

namespace sinter {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

TEST(LineageIndex, WhatRecordsSay) {
  RepositoryVersion version;
  version.repository = "m";
  version.number = 2;
  version.details = R"({"run":"r1","dataset":"d@1"})";
  EXPECT_THAT(EdgesOfVersion(RepositoryKind::kModel, version),
              ElementsAre(LineageEdge{{"run", "r1"}, {"model", "m@2"}, "made"}));
  version.details = R"({"dataset":"d@1"})";
  EXPECT_THAT(EdgesOfVersion(RepositoryKind::kModel, version),
              ElementsAre(LineageEdge{{"dataset", "d@1"}, {"model", "m@2"}, "trained"}));
  version.details = R"({"from":"m@1","run":7})";
  EXPECT_THAT(EdgesOfVersion(RepositoryKind::kDataset, version),
              ElementsAre(LineageEdge{{"dataset", "m@1"}, {"dataset", "m@2"}, "derived"}));
  version.details = R"({"from":{"ref":"m@1","id":"ab"},"steps":[]})";
  EXPECT_THAT(EdgesOfVersion(RepositoryKind::kDataset, version),
              ElementsAre(LineageEdge{{"dataset", "m@1"}, {"dataset", "m@2"}, "derived"}));
  version.details = R"({"from":"m@1","labelling":"slice"})";
  EXPECT_THAT(EdgesOfVersion(RepositoryKind::kDataset, version),
              ElementsAre(LineageEdge{{"dataset", "m@1"}, {"dataset", "m@2"}, "labelled"}));
  version.details = "[]";
  EXPECT_THAT(EdgesOfVersion(RepositoryKind::kModel, version), IsEmpty());

  ServiceInfo service;
  service.name = "s";
  service.current = {"3", "m@3"};
  service.previous = RevisionRef{"1", "m@1"};
  RolloutEntry refused{0, "ann", "rollout", {"1", "m@1"}, {"2", "m@2"}, {}};
  refused.decision.action = RolloutAction::kRefuse;
  service.history = {refused};
  EXPECT_THAT(EdgesOfService(service),
              ElementsAre(LineageEdge{{"model", "m@3"}, {"service", "s@3"}, "served"},
                          LineageEdge{{"model", "m@1"}, {"service", "s@1"}, "served"},
                          LineageEdge{{"model", "m@1"}, {"service", "s@1"}, "served"}));
}

class LineageIndexTest : public ::testing::Test {
 protected:
  void SetUp() override {
    platform_ = *Platform::Open(folder_.path() / "home");
    auto& data = platform_->repositories(RepositoryKind::kDataset);
    WriteSplit(folder_.path(), "train", 12, 3);
    WriteSplit(folder_.path(), "t10k", 6, 3);
    const auto imported = ImportIdx(platform_->store(), {*FindIdxSplits(folder_.path()), {}});
    ASSERT_TRUE(imported) << imported.error().ToString();
    data_ = data.Add("d", imported->manifest, "", "ann")->id;
    counting_ = std::make_unique<CountingRecords>(platform_->records());
    index_ = std::make_unique<LineageIndex>(*counting_, data, models());
  }
  Repositories& models() { return platform_->repositories(RepositoryKind::kModel); }
  void AddModel(const std::string& name, const Json& details) {
    const BlobInfo file = *platform_->store().Put(details.dump());
    const Manifest manifest =
        *Manifest::Make({{"model.onnx", file.size, file.digest}, {"signature.json", file.size, file.digest}});
    const auto added = models().Add(name, manifest, details.dump(), "ann");
    ASSERT_TRUE(added) << added.error().ToString();
  }
  std::string MakeRun() {
    const auto run = platform_->runs().Create({"fit", "recipe", "d@1", data_, 1}, "ann");
    EXPECT_TRUE(run) << run.error().ToString();
    return run ? run->id : "";
  }
  std::vector<std::string> Steps(const std::string& kind, const std::string& ref) {
    std::vector<std::string> steps;
    EXPECT_TRUE(index_->Look([&](const LineageGraph& graph) {
      for (const LineageStep& step : graph.Trace({kind, ref}).steps) steps.push_back(step.node.ref);
    }));
    return steps;
  }
  TemporaryFolder folder_;
  std::unique_ptr<Platform> platform_;
  Sha256Digest data_;
  std::unique_ptr<CountingRecords> counting_;
  std::unique_ptr<LineageIndex> index_;
};

TEST_F(LineageIndexTest, FollowsWhatChanges) {
  EXPECT_THAT(Steps("model", "m@1"), ElementsAre("m@1"));
  const std::string run = MakeRun();
  AddModel("m", {{"run", run}});
  AddModel("m", {{"from", "m@1"}});
  EXPECT_THAT(Steps("model", "m@1"), ElementsAre("d@1", run, "m@1", "m@2"));
  // main goes back: another number of the same commit, which says the same.
  ASSERT_TRUE(models().SetRef("m", "refs/heads/main", "1", models().Find("m")->commit, "ann"));
  EXPECT_THAT(Steps("run", run), ElementsAre("d@1", run, "m@1", "m@3", "m@2"));
  ASSERT_TRUE(models().Remove("m", "a test", "ann"));
  EXPECT_THAT(Steps("run", run), ElementsAre("d@1", run));
  AddModel("m", {{"dataset", "e@1"}});
  EXPECT_THAT(Steps("model", "m@1"), ElementsAre("e@1", "m@1"));
}

TEST_F(LineageIndexTest, ReadsChangesAlone) {
  for (int i = 0; i < 30; ++i) MakeRun();
  EXPECT_EQ(Steps("dataset", "d@1").size(), 31u);
  EXPECT_GE(counting_->TakeRead(), 30);
  EXPECT_EQ(Steps("dataset", "d@1").size(), 31u);
  EXPECT_EQ(counting_->TakeRead(), 0);
  MakeRun();
  EXPECT_EQ(Steps("dataset", "d@1").size(), 32u);
  EXPECT_EQ(counting_->TakeRead(), 1);
}

}  // namespace
}  // namespace sinter
