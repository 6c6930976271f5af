#include "server/api/repository_api.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "platform/data/import_idx.h"
#include "platform/data/testing.h"
#include "server/api/dataset_api.h"

namespace sinter {
namespace {

using ::testing::HasSubstr;

// A client imports into a store of its own, sends what the server lacks, and names the version.
class DatasetApiTest : public ::testing::Test {
 protected:
  void SetUp() override {
    platform_ = *Platform::Open(folder_.path() / "home");
    client_ = *BlobStore::Open(folder_.path() / "client");
    WriteSplit(folder_.path(), "train", 12, 3);
    WriteSplit(folder_.path(), "t10k", 6, 3);
    imported_ = *ImportIdx(*client_, {*FindIdxSplits(folder_.path()), {}});
  }
  void Send() {
    for (const ManifestFile& file : imported_.manifest.files) {
      if (platform_->store().Has(file.sha256)) continue;
      const auto blob = *client_->Open(file.sha256);
      ASSERT_TRUE(platform_->store().Put(blob->bytes()));
    }
  }
  Json Body() {
    return {{"manifest", *ParseJson(ManifestText(imported_.manifest))}, {"details", {{"source", "a test"}}}};
  }
  TemporaryFolder folder_;
  std::unique_ptr<Platform> platform_;
  std::unique_ptr<BlobStore> client_;
  ImportedDataset imported_;
};

TEST_F(DatasetApiTest, FromAClientsImportToAProfile) {
  constexpr auto kind = RepositoryKind::kDataset;
  auto early = AddVersion(*platform_, kind, "fashion", Body(), "ann");
  ASSERT_FALSE(early);  // the blobs are not there
  EXPECT_EQ(early.error().code, ErrorCode::kNotFound);
  Send();
  auto added = AddVersion(*platform_, kind, "fashion", Body(), "ann");
  ASSERT_TRUE(added) << added.error().ToString();
  EXPECT_EQ((*added)["ref"], "fashion@1");
  EXPECT_EQ((*added)["id"], imported_.id.Hex());
  EXPECT_EQ((*added)["details"]["source"], "a test");
  EXPECT_EQ((*AddVersion(*platform_, kind, "fashion", Body(), "ann"))["number"], 1);

  EXPECT_EQ((*ListRepositories(*platform_, kind, "", 10))["items"][0]["name"], "fashion");
  EXPECT_EQ((*ListVersions(*platform_, kind, "fashion"))["items"].size(), 1u);
  EXPECT_EQ((*ShowVersion(*platform_, kind, "fashion@1"))["manifest"]["files"].size(), 5u);
  EXPECT_EQ(ShowVersion(*platform_, RepositoryKind::kModel, "fashion").error().code, ErrorCode::kNotFound);

  auto profile = ShowProfile(*platform_, "fashion");
  ASSERT_TRUE(profile) << profile.error().ToString();
  EXPECT_EQ((*profile)["profile"]["splits"][1]["in_earlier_splits"], 6);
  EXPECT_EQ((*profile)["dataset"]["splits"][0]["rows"], 12);
  EXPECT_EQ(*ShowProfile(*platform_, "fashion"), *profile);  // the kept one
  EXPECT_EQ(platform_->records().List({.kind = "dataset_profile"})->records.size(), 1u);
  EXPECT_THAT(*ShowSamples(*platform_, "fashion", "test", {}), HasSubstr("PNG"));
  EXPECT_EQ(ShowSamples(*platform_, "fashion", "val", {}).error().code, ErrorCode::kNotFound);
}

TEST_F(DatasetApiTest, RefusesWhatIsNoVersion) {
  constexpr auto kind = RepositoryKind::kDataset;
  Send();
  auto why = [&](const Json& body) {
    auto added = AddVersion(*platform_, kind, "fashion", body, "ann");
    return added ? std::string("accepted") : added.error().message;
  };
  Json body = Body();
  body["surprise"] = 1;
  EXPECT_THAT(why(body), HasSubstr("unknown field 'surprise'"));
  body = Body();
  body["manifest"]["files"][1]["path"] = "../a";
  EXPECT_THAT(why(body), HasSubstr("'..'"));
  body = Body();
  body["manifest"]["files"].erase(4);  // a file that dataset.json speaks of
  EXPECT_THAT(why(body), HasSubstr("lacks its file"));
  EXPECT_THAT(why(Json::array()), HasSubstr("an object is needed"));
  EXPECT_TRUE((*ListRepositories(*platform_, kind, "", 10))["items"].empty());
}

}  // namespace
}  // namespace sinter
