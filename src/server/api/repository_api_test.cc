#include "server/api/repository_api.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>

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

TEST_F(DatasetApiTest, BranchesHistoryAndDifferences) {
  constexpr auto kind = RepositoryKind::kModel;
  auto model = [&](std::string_view notes) {
    Json files = Json::array();
    for (const auto& [path, text] :
         std::map<std::string, std::string_view>{{"README.md", "---\nlicense: mit\ntags: x\n---\n# M\n"},
                                                 {"model.onnx", "{}"},
                                                 {"notes.txt", notes},
                                                 {"signature.json", "{}"}}) {
      const BlobInfo info = *platform_->store().Put(text);
      files.push_back({{"path", path}, {"size", info.size}, {"sha256", info.digest.Hex()}});
    }
    return Json{{"manifest", {{"format", "sinter.manifest.v1"}, {"files", std::move(files)}}}};
  };
  const auto first = AddVersion(*platform_, kind, "m", model("one\n"), "ann");
  ASSERT_TRUE(first) << first.error().ToString();
  const std::string commit = (*first)["commit"];
  EXPECT_EQ(commit.size(), 40u);
  auto set = [&](const char* ref, const Json& body) {
    const auto done = SetRef(*platform_, kind, "m", ref, body, "bob");
    return done ? (*done)["ref"].get<std::string>() : std::string(ErrorCodeName(done.error().code));
  };
  EXPECT_EQ(set("refs/heads/dev", {{"at", "1"}}), "m@1");
  EXPECT_EQ(set("refs/heads/dev", {{"at", "1"}}), "already_exists");
  EXPECT_EQ(set("refs/heads/dev", {{"at", "1"}, {"expected", "zzz"}}), "invalid_argument");
  EXPECT_EQ(set("refs/heads/dev", {{"at", "1"}, {"surprise", 1}}), "invalid_argument");
  Json body = model("two\n");
  body["branch"] = "dev";
  body["message"] = "On dev";
  body["parent"] = commit;
  const auto dev = AddVersion(*platform_, kind, "m", body, "bob");
  ASSERT_TRUE(dev) << dev.error().ToString();
  EXPECT_EQ((*dev)["number"], 0);
  body = model("three\n");
  body["branch"] = "dev";
  body["parent"] = commit;
  EXPECT_EQ(AddVersion(*platform_, kind, "m", body, "bob").error().code, ErrorCode::kConflict);
  body["parent"] = "abc";
  EXPECT_EQ(AddVersion(*platform_, kind, "m", body, "bob").error().code, ErrorCode::kInvalidArgument);

  const Json refs = *ListRefs(*platform_, kind, "m");
  ASSERT_EQ(refs["items"].size(), 2u);
  EXPECT_EQ(refs["items"][0]["name"], "refs/heads/dev");
  EXPECT_EQ(refs["items"][0]["commit"], (*dev)["commit"]);
  const Json log = *ShowLog(*platform_, kind, "m@dev", 0, 10);
  ASSERT_EQ(log["items"].size(), 2u);
  EXPECT_EQ(log["items"][0]["message"], "On dev\n");
  EXPECT_EQ(log["items"][0]["parents"], Json::array({commit}));
  const Json diff = *ShowDiff(*platform_, kind, "m", "@dev");
  ASSERT_EQ(diff["files"].size(), 1u);
  EXPECT_EQ(diff["files"][0]["change"], "changed");
  EXPECT_THAT(diff["files"][0]["text"].get<std::string>(), HasSubstr("-one\n+two\n"));
  EXPECT_FALSE(ShowDiff(*platform_, kind, "m", ""));
  EXPECT_EQ((*ShowVersion(*platform_, kind, "m@dev"))["card"]["license"], "mit");
  EXPECT_EQ(DeleteRef(*platform_, kind, "m", "refs/heads/dev", commit, "ann").error().code,
            ErrorCode::kConflict);
  EXPECT_TRUE(DeleteRef(*platform_, kind, "m", "refs/heads/dev", "", "ann"));
  EXPECT_EQ(ListRefs(*platform_, kind, "m")->at("items").size(), 1u);
}

TEST_F(DatasetApiTest, AHomeOfTheFirstLayoutIsBroughtUp) {
  Send();
  const Sha256Digest id = *PutManifest(platform_->store(), imported_.manifest);
  const Json spec = {
      {"repository", "fashion"}, {"number", 1}, {"id", id.Hex()}, {"bytes", 5}, {"details", Json::object()}};
  ASSERT_TRUE(platform_->records().Create("dataset_version", "fashion@000000001", spec.dump(), "{}", "ann"));
  ASSERT_TRUE(platform_->records().Create("dataset", "fashion", "{}", R"({"latest":1})", "ann"));
  platform_.reset();
  ASSERT_TRUE(WriteFileAtomically(folder_.path() / "home" / "home.json", R"({"layout":1})"));
  platform_ = *Platform::Open(folder_.path() / "home");
  EXPECT_EQ(platform_->home().layout(), 2);
  const auto shown = ShowVersion(*platform_, RepositoryKind::kDataset, "fashion");
  ASSERT_TRUE(shown) << shown.error().ToString();
  EXPECT_EQ((*shown)["id"], id.Hex());
  EXPECT_EQ((*shown)["commit"].get<std::string>().size(), 40u);
  EXPECT_THAT(*ReadFile(folder_.path() / "home" / "home.json"), HasSubstr("2"));
}

}  // namespace
}  // namespace sinter
