#include "server/api/best_run_api.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "platform/hub/card.h"
#include "platform/hub/lineage.h"
#include "server/api/lineage_api.h"
#include "server/api/repository_api.h"

namespace sinter {
namespace {

using ::testing::HasSubstr;

class BestRunApiTest : public ::testing::Test {
 protected:
  void SetUp() override {
    platform_ = *Platform::Open(folder_.path() / "home");
    data_ = platform_->store().Put("data")->digest;
  }
  // A run that made a model of so many bytes.
  std::string Trained(double accuracy, size_t bytes) {
    Runs& runs = platform_->runs();
    const std::string id = runs.Create({"cnn", "name: cnn", "fashion@1", data_}, "ann")->id;
    EXPECT_TRUE(runs.StartAttempt(id, "ann"));
    EXPECT_TRUE(platform_->metrics().Append(
        id, std::vector<MetricPoint>{{"acc", 1, 1.0, 1}, {"acc", 2, accuracy, 2}}));
    std::vector<ManifestFile> files;
    for (const auto& [path, text] : std::vector<std::pair<std::string, std::string>>{
             {"model.onnx", std::string(bytes, 'm') + id},
             {"signature.json", "{}"},
             {"README.md", CardText({.name = "cnn", .task = "image-classification", .body = "# cnn\n"})}}) {
      const BlobInfo blob = *platform_->store().Put(text);
      files.push_back({path, blob.size, blob.digest});
    }
    const auto version =
        platform_->repositories(RepositoryKind::kModel)
            .Add("cnn", *Manifest::Make(files), Json{{"run", id}, {"dataset", "fashion@1"}}.dump(), "run");
    EXPECT_TRUE(version) << version.error().ToString();
    EXPECT_TRUE(runs.Finish(id, 1, RunState::kSucceeded, "", version->Ref()));
    return id;
  }
  TemporaryFolder folder_;
  std::unique_ptr<Platform> platform_;
  Sha256Digest data_;
};

TEST_F(BestRunApiTest, TheLastValueWithinTheBounds) {
  const std::string small = Trained(0.8, 10), large = Trained(0.9, 5000);
  const Json all = *FindBestRun(*platform_, {.figure = "acc"}, 10);
  EXPECT_EQ(all["items"][0]["run"], large);
  EXPECT_EQ(all["items"][0]["value"], 0.9);
  EXPECT_EQ(all["items"].size(), 2U);
  const BestRule bounded{.figure = "acc", .bounds = {{"model/bytes", true, 1000}}};
  const Json one = *FindBestRun(*platform_, bounded, 10);
  EXPECT_EQ(one["items"][0]["run"], small);
  EXPECT_EQ(one["refused"][0]["run"], large);
  EXPECT_THAT(one["refused"][0]["why"].get<std::string>(), HasSubstr("not at most 1000"));
  const auto none = FindBestRun(*platform_, {.figure = "acc", .bounds = {{"acc", false, 2}}}, 10);
  EXPECT_EQ(none.error().code, ErrorCode::kNotFound);
  EXPECT_THAT(none.error().message, HasSubstr("its acc is 0.9, not at least 2"));
}

TEST_F(BestRunApiTest, PublishingKeepsTheRuleInCardAndLineage) {
  const std::string id = Trained(0.9, 10);
  Trained(0.7, 10);
  const BestRule rule{.figure = "acc", .where = {{"dataset", "fashion"}}};
  const auto published = PublishBestRun(*platform_, rule, "good", "ann");
  ASSERT_TRUE(published) << published.error().ToString();
  const std::string ref = (*published)["published"]["ref"];
  EXPECT_EQ(ref, "good@1");
  const Json version = *ShowVersion(*platform_, RepositoryKind::kModel, ref);
  EXPECT_EQ(version["details"]["rule"]["text"], "max acc where dataset=fashion");
  EXPECT_EQ(version["details"]["rule"]["candidates"], 2);
  const std::string body = version["card"]["body"];
  EXPECT_THAT(body, HasSubstr("# cnn"));
  EXPECT_THAT(body, HasSubstr("The best of 2 runs by the rule `max acc where dataset=fashion`: run " + id));
  EXPECT_EQ(version["card"]["task"], "image-classification");
  const Json lineage = *ShowLineage(*platform_, "model", ref);
  EXPECT_THAT(lineage.dump(), HasSubstr(id));
  EXPECT_THAT(lineage.dump(), HasSubstr("cnn@1"));
  // Again: the same version.
  EXPECT_EQ((*PublishBestRun(*platform_, rule, "good", "ann"))["published"]["ref"], ref);
}

}  // namespace
}  // namespace sinter
