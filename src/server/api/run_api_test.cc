#include "server/api/run_api.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "platform/data/import_idx.h"
#include "platform/data/testing.h"

namespace sinter {
namespace {

using ::testing::HasSubstr;

class RunApiTest : public ::testing::Test {
 protected:
  void SetUp() override {
    platform_ = *Platform::Open(folder_.path() / "home");
    WriteSplit(folder_.path(), "train", 12, 3);
    const auto imported = *ImportIdx(platform_->store(), {*FindIdxSplits(folder_.path()), {}});
    ASSERT_TRUE(
        platform_->repositories(RepositoryKind::kDataset).Add("fashion", imported.manifest, "", "ann"));
    data_ = imported.id.Hex();
  }
  Json Create() {
    return *CreateRun(
        *platform_, {{"name", "cnn"}, {"recipe", "epochs: 1"}, {"dataset", "fashion"}, {"ranks", 2}}, "ann");
  }
  TokenScope ScopeOf(const Json& started) {
    return platform_->tokens().Check(started["token"].get<std::string>())->scope;
  }
  TemporaryFolder folder_;
  std::unique_ptr<Platform> platform_;
  std::string data_;
};

TEST_F(RunApiTest, AnAttemptFeedsItsRun) {
  const Json run = Create();
  const std::string id = run["id"];
  EXPECT_EQ(run["dataset"], "fashion@1");  // resolved when the run was made
  EXPECT_EQ(run["dataset_version"], data_);
  EXPECT_EQ(run["state"], "created");
  const Json started = *StartRunAttempt(*platform_, id, "ann");
  EXPECT_TRUE(started["resume_from"].is_null());
  const TokenScope scope = ScopeOf(started);
  ASSERT_TRUE(ReportRunProgress(*platform_, id, scope, {{"step", 3}, {"steps", 10}}));
  const Json points = {{{"name", "loss"}, {"step", 1}, {"value", 0.5}, {"wall_ms", 7}},
                       {{"name", "loss"}, {"step", 2}, {"value", "nan"}, {"wall_ms", 8}}};
  ASSERT_TRUE(AddRunMetrics(*platform_, id, scope, {{"points", points}}));
  EXPECT_EQ((*RunMetricNames(*platform_, id))["names"], Json({"loss"}));
  const Json loss = *RunMetric(*platform_, {.run = id, .name = "loss"});
  EXPECT_EQ(loss["steps"], Json({1, 2}));
  EXPECT_EQ(loss["mean"], Json({0.5, "nan"}));

  const BlobInfo blob = *platform_->store().Put("weights");
  const Json manifest = *ParseJson(ManifestText(*Manifest::Make({{"state", blob.size, blob.digest}})));
  ASSERT_TRUE(AddRunCheckpoint(*platform_, id, scope, {{"step", 3}, {"manifest", manifest}}));
  const Json second = *StartRunAttempt(*platform_, id, "ann");
  EXPECT_EQ(second["attempt"], 2);
  EXPECT_EQ(second["resume_from"]["step"], 3);
  EXPECT_EQ(AddRunMetrics(*platform_, id, scope, {{"points", points}}).error().code, ErrorCode::kConflict);
  ASSERT_TRUE(FinishRun(*platform_, id, ScopeOf(second), {{"outcome", "succeeded"}, {"model", "cnn@1"}}));
  const Json done = *ShowRun(*platform_, id);
  EXPECT_EQ(done["state"], "succeeded");
  EXPECT_EQ(done["model"], "cnn@1");
  EXPECT_EQ((*ListRuns(*platform_, 10))["items"][0]["id"], id);
}

TEST_F(RunApiTest, NobodyElseFeedsIt) {
  const std::string id = Create()["id"], other = Create()["id"];
  const TokenScope of_other = ScopeOf(*StartRunAttempt(*platform_, other, "ann"));
  const TokenScope admin{TokenScope::Level::kAdmin, "", 0};
  ASSERT_TRUE(StartRunAttempt(*platform_, id, "ann"));
  for (const TokenScope& scope : {of_other, admin}) {
    EXPECT_EQ(ReportRunProgress(*platform_, id, scope, {{"step", 1}, {"steps", 2}}).error().code,
              ErrorCode::kPermissionDenied);
    EXPECT_EQ(FinishRun(*platform_, id, scope, {{"outcome", "failed"}}).error().code,
              ErrorCode::kPermissionDenied);
  }
}

TEST_F(RunApiTest, RefusesBadBodies) {
  const Json good = {{"name", "cnn"}, {"recipe", ""}, {"dataset", "fashion"}};
  Json bad = good;
  bad["rank"] = 2;
  EXPECT_THAT(CreateRun(*platform_, bad, "ann").error().message, HasSubstr("unknown field 'rank'"));
  bad = good;
  bad["dataset"] = "fashion@7";
  EXPECT_EQ(CreateRun(*platform_, bad, "ann").error().code, ErrorCode::kNotFound);
  const std::string id = Create()["id"];
  const TokenScope scope = ScopeOf(*StartRunAttempt(*platform_, id, "ann"));
  const Json point = {{"name", "loss"}, {"step", 1}, {"value", "much"}, {"wall_ms", 7}};
  EXPECT_THAT(AddRunMetrics(*platform_, id, scope, {{"points", Json::array({point})}}).error().message,
              HasSubstr("points[0]: field 'value' must be a number"));
  EXPECT_THAT(FinishRun(*platform_, id, scope, {{"outcome", "great"}}).error().message, HasSubstr("outcome"));
}

}  // namespace
}  // namespace sinter
