#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "base/json.h"
#include "platform/hub/repositories.h"
#include "platform/hub/testing/git.h"

namespace sinter {
namespace {

// Records as layout 1 had them.
class MigrationTest : public ::testing::Test {
 protected:
  void SetUp() override {
    home_ = *Home::Open(folder_.path() / "home");
    for (int n = 1; n <= 3; ++n) {
      const BlobInfo weights = *home_->store().Put("weights " + std::to_string(n));
      const BlobInfo signature = *home_->store().Put("{}");
      const Manifest manifest = *Manifest::Make({{"model.onnx", weights.size, weights.digest},
                                                 {"signature.json", signature.size, signature.digest}});
      ids_.push_back(*PutManifest(home_->store(), manifest));
      const Json spec = {{"repository", "ann/m"},
                         {"number", n},
                         {"id", ids_.back().Hex()},
                         {"bytes", 11},
                         {"details", {{"run", "r" + std::to_string(n)}}}};
      ASSERT_TRUE(home_->records().Create("model_version", "ann/m@00000000" + std::to_string(n), spec.dump(),
                                          "{}", "ann"));
    }
    ASSERT_TRUE(home_->records().Create("model", "ann/m", "{}", R"({"latest":3})", "ann"));
  }
  TemporaryFolder folder_;
  std::unique_ptr<Home> home_;
  std::vector<Sha256Digest> ids_;
};

TEST_F(MigrationTest, NumberedManifestsBecomeCommits) {
  Repositories models(RepositoryKind::kModel, *home_);
  for (int twice = 0; twice < 2; ++twice) {
    const Status done = models.MigrateFromLayout1();
    ASSERT_TRUE(done) << done.error().ToString();
  }
  const auto versions = models.Versions("ann/m");
  ASSERT_TRUE(versions) << versions.error().ToString();
  ASSERT_EQ(versions->size(), 3u);
  for (size_t i = 0; i < 3; ++i) {
    const RepositoryVersion& version = versions->at(2 - i);
    EXPECT_EQ(version.number, static_cast<int64_t>(i + 1));
    EXPECT_EQ(version.id, ids_[i]);
    EXPECT_EQ(version.details, "{\"run\":\"r" + std::to_string(i + 1) + "\"}");
    EXPECT_EQ(version.created_by, "ann");
    EXPECT_GT(version.created_ms, 0);
  }
  const auto log = models.Log(versions->front(), 0, 10);
  ASSERT_EQ(log->size(), 3u);
  EXPECT_EQ(log->at(0).author, "ann");
  EXPECT_EQ(log->at(0).message, "Version 3\n");
  const GitRun fsck = RunGit(
      folder_.path(), {"--git-dir=" + models.GitFolder("ann/m")->string(), "fsck", "--full", "--strict"});
  EXPECT_EQ(fsck.code, 0) << fsck.text;
  EXPECT_EQ(models.Find("ann/m")->number, 3);
}

TEST_F(MigrationTest, AVersionWhoseBlobsAreGoneIsNamed) {
  ASSERT_TRUE(home_->store().Remove(ids_[1]));
  Repositories models(RepositoryKind::kModel, *home_);
  const Status done = models.MigrateFromLayout1();
  ASSERT_FALSE(done);
  EXPECT_NE(done.error().message.find("ann/m@000000002"), std::string::npos) << done.error().message;
  EXPECT_EQ(models.Versions("ann/m").error().code, ErrorCode::kInvalidArgument);  // two are not commits yet
}

}  // namespace
}  // namespace sinter
