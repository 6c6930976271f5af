#include "platform/hub/garbage.h"

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include <atomic>
#include <thread>

#include <fmt/format.h>

#include "base/json.h"

namespace sinter {
namespace {

class GarbageTest : public testing::Test {
 protected:
  void SetUp() override {
    home_ = *Home::Open(folder_.path() / "home");
    partial_ = *PartialBlobs::Open(home_->folder() / "store" / "partial", home_->store());
    models_ = std::make_unique<Repositories>(RepositoryKind::kModel, *home_);
    pointers_ = std::make_unique<PackPointers>(home_->store(), home_->CacheFolder() / "gc");
  }
  // Weights of that seed, too large to be an object of git, and small texts.
  Manifest ModelOf(int seed, std::string_view card = "") {
    std::string weights(20'000, 0);
    for (size_t i = 0; i < weights.size(); ++i) weights[i] = static_cast<char>(seed * 31 + i * i % 251);
    std::vector<ManifestFile> files;
    const auto add = [&](const char* path, std::string_view text) {
      const BlobInfo info = *home_->store().Put(text);
      files.push_back({path, info.size, info.digest});
    };
    add("model.onnx", weights);
    add("signature.json", "{}");
    if (!card.empty()) add("README.md", card);
    return *Manifest::Make(std::move(files));
  }
  Result<GarbageReport> Collect(std::chrono::milliseconds grace = std::chrono::milliseconds(-1000),
                                bool dry = false) {
    return CollectGarbage(*home_, *partial_, rules_, *pointers_, {grace, dry});
  }
  bool Whole(const std::string& ref) {
    const auto version = models_->Find(ref);
    if (!version) return false;
    const auto manifest = models_->ManifestOf(*version);
    if (!manifest) return false;
    for (const ManifestFile& file : manifest->files)
      if (!home_->store().Verify(file.sha256)) return false;
    return true;
  }
  TemporaryFolder folder_;
  std::unique_ptr<Home> home_;
  std::unique_ptr<PartialBlobs> partial_;
  std::unique_ptr<Repositories> models_;
  std::unique_ptr<PackPointers> pointers_;
  RecordRules rules_{HubRecordRules()};
};

TEST_F(GarbageTest, WhatVersionsNameStaysAndTheRestGoesOnceItIsOld) {
  ASSERT_TRUE(models_->Add("me/a", ModelOf(1, "first"), "", "ann"));
  ASSERT_TRUE(models_->Add("me/a", ModelOf(2, "second"), "", "ann"));
  const auto nobodys = home_->store().Put("nobody's")->digest;
  auto report = Collect(std::chrono::hours(1));
  ASSERT_TRUE(report) << report.error().ToString();
  EXPECT_EQ(report->removed.count, 0);
  EXPECT_EQ(report->young.count, 1);
  report = Collect(std::chrono::milliseconds(-1000), true);
  EXPECT_EQ(report->removed.count, 1);
  EXPECT_EQ(report->removed.bytes, 8u);
  EXPECT_TRUE(home_->store().Has(nobodys));
  report = Collect();
  EXPECT_EQ(report->removed.count, 1);
  EXPECT_FALSE(home_->store().Has(nobodys));
  EXPECT_TRUE(Whole("me/a@1"));
  EXPECT_TRUE(Whole("me/a@2"));
  // The git cache is made anew from what stayed.
  std::filesystem::remove_all(home_->CacheFolder());
  EXPECT_EQ(models_->Log(*models_->Find("me/a"), 0, 10)->size(), 2u);
  EXPECT_TRUE(report->guessed_kinds.empty());
}

TEST_F(GarbageTest, ARemovedVersionFreesWhatNoOtherHolds) {
  ASSERT_TRUE(models_->Add("a", ModelOf(1, "same"), "", "ann"));
  ASSERT_TRUE(models_->Add("a", ModelOf(2, "same"), "", "ann"));
  ASSERT_TRUE(models_->Add("b", ModelOf(2, "other"), "", "ann"));
  const auto first = models_->ManifestOf(*models_->Find("a@1"))->Find("model.onnx")->sha256;
  const auto second = models_->ManifestOf(*models_->Find("a@2"))->Find("model.onnx")->sha256;
  ASSERT_TRUE(models_->GitFolder("a"));  // its links hold the bytes too
  for (const char* ref : {"a@1", "a@2"}) {
    const auto removed = models_->RemoveVersion(ref, "asked for", "ann");
    ASSERT_TRUE(removed) << removed.error().ToString();
    EXPECT_FALSE(removed->removed.empty());
    EXPECT_EQ(models_->Find(ref).error().code, ErrorCode::kNotFound);
    EXPECT_NE(models_->Find(ref).error().message.find("asked for"), std::string::npos);
  }
  EXPECT_EQ(models_->Versions("a")->size(), 2u);
  EXPECT_EQ(Collect()->removed.count, 2);  // and the card
  EXPECT_FALSE(home_->store().Has(first));
  EXPECT_TRUE(home_->store().Has(second));  // b's
  for (const auto& entry : std::filesystem::recursive_directory_iterator(home_->CacheFolder()))
    EXPECT_NE(entry.path().filename(), first.Hex());
  EXPECT_TRUE(Whole("b@1"));
  // Added again it is a version again, on the same history.
  const auto again = models_->Add("a", ModelOf(2, "same"), "", "ann");
  ASSERT_TRUE(again) << again.error().ToString();
  EXPECT_EQ(again->number, 3);
  EXPECT_TRUE(Whole("a@3"));
  EXPECT_EQ(Collect()->removed.count, 0);
  EXPECT_TRUE(Whole("a@3"));
}

TEST_F(GarbageTest, ARemovedRepositoryGoesWithItsPacksAndItsName) {
  for (int i = 0; i < 5; ++i) ASSERT_TRUE(models_->Add("a", ModelOf(i, fmt::format("{}", i)), "", "ann"));
  ASSERT_TRUE(models_->SetRef("a", "refs/tags/good", "2", std::nullopt, "ann"));
  ASSERT_TRUE(models_->Add("ab", ModelOf(7), "", "ann"));
  ASSERT_TRUE(models_->Remove("a", "old", "ann"));
  EXPECT_EQ(models_->Find("a").error().code, ErrorCode::kNotFound);
  EXPECT_EQ(models_->Remove("a", "old", "ann").error().code, ErrorCode::kNotFound);
  ASSERT_TRUE(Collect());
  EXPECT_EQ(Collect()->live.count, 5);  // of ab: two files, manifest, pack, index
  EXPECT_TRUE(Whole("ab@1"));
  EXPECT_EQ(models_->Add("a", ModelOf(1), "", "ann")->number, 1);
  EXPECT_TRUE(Whole("a@1"));
}

TEST_F(GarbageTest, AKindThatNobodyKnowsKeepsWhatItSeemsToName) {
  const auto blob = home_->store().Put("a transcript")->digest;
  const auto manifest = *PutManifest(home_->store(), ModelOf(3));
  ASSERT_TRUE(home_->records().Create("oracle", "o", Json{{"x", {"sha256:" + blob.Hex()}}}.dump(),
                                      Json{{"made", manifest.Hex()}}.dump(), "ann"));
  home_->store().Put("nobody's").value();
  const auto report = Collect();
  ASSERT_TRUE(report) << report.error().ToString();
  EXPECT_EQ(report->guessed_kinds, std::vector<std::string>{"oracle"});
  EXPECT_EQ(report->removed.count, 1);
  EXPECT_EQ(report->live.count, 4);
}

TEST_F(GarbageTest, WhereSomethingCannotBeReadNothingGoes) {
  ASSERT_TRUE(models_->Add("a", ModelOf(1), "", "ann"));
  const auto nobodys = home_->store().Put("nobody's")->digest;
  const auto record = home_->records().Create("model_commit", "a@x", R"({"repository":"a"})", "{}", "ann");
  EXPECT_FALSE(Collect());
  ASSERT_TRUE(home_->records().Delete(*record, "ann"));
  const Path manifest = home_->store().PathOf(models_->Find("a")->id);
  std::filesystem::rename(manifest, folder_.path() / "kept");
  EXPECT_FALSE(Collect());
  EXPECT_TRUE(home_->store().Has(nobodys));
  std::filesystem::rename(folder_.path() / "kept", manifest);
  EXPECT_TRUE(Collect());
  EXPECT_FALSE(home_->store().Has(nobodys));
}

TEST_F(GarbageTest, OldPiecesOfUploadsGo) {
  const BlobInfo whole{HashText("never comes"), 100}, coming{HashText("comes"), 100};
  for (const BlobInfo& blob : {whole, coming}) {
    auto piece = *partial_->Append(blob, "ann", 0);
    ASSERT_TRUE(piece.Write(std::as_bytes(std::span("half", 4))));
  }
  for (const auto& entry : std::filesystem::directory_iterator(home_->folder() / "store" / "partial")) {
    if (!entry.path().filename().string().starts_with(whole.digest.Hex())) continue;
    std::filesystem::last_write_time(
        entry.path(), std::filesystem::file_time_type::clock::now() - std::chrono::hours(24 * 8));
  }
  EXPECT_EQ(Collect(std::chrono::hours(24), true)->partial.count, 1);
  EXPECT_EQ(Collect()->partial.bytes, 4u);
  EXPECT_EQ(partial_->Received(whole.digest, "ann"), 0u);
  EXPECT_EQ(partial_->Received(coming.digest, "ann"), 4u);
}

// Versions come, also of bytes that were just given up, while one collection without grace follows the other.
TEST_F(GarbageTest, WritersAndCollectionsAtOnce) {
  std::atomic<bool> stop{false};
  std::atomic<int> added{0};
  std::vector<std::thread> writers;
  writers.reserve(2);
  for (int t = 0; t < 2; ++t) {
    writers.emplace_back([&, t] {
      const std::string name = fmt::format("w{}", t);
      for (int i = 0; !stop; ++i) {
        // Refused where a collection came between the upload and the commit: sent again.
        const auto version = models_->Add(name, ModelOf(i % 3 + 10 * t), "", "ann");
        if (!version) {
          EXPECT_EQ(version.error().code, ErrorCode::kNotFound) << version.error().ToString();
          continue;
        }
        EXPECT_TRUE(Whole(version->Ref())) << version->Ref();
        ++added;
        if (i % 2 == 0) continue;
        EXPECT_TRUE(models_->RemoveVersion(version->Ref(), "again", "ann"));
      }
    });
  }
  int64_t removed = 0;
  for (int round = 0; round < 60 || added < 30 || removed <= 5; ++round) {
    const auto report = Collect();
    ASSERT_TRUE(report) << report.error().ToString();
    removed += report->removed.count;
  }
  stop = true;
  for (auto& writer : writers) writer.join();
  EXPECT_GT(removed, 5);
  for (const char* name : {"w0", "w1"}) {
    const auto versions = models_->Versions(name);
    ASSERT_TRUE(versions);
    for (const RepositoryVersion& version : *versions) {
      EXPECT_TRUE(!version.removed.empty() || Whole(version.Ref())) << version.Ref();
    }
  }
}

}  // namespace
}  // namespace sinter
