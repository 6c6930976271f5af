#include "platform/hub/repositories.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <thread>

#include "platform/hub/home.h"

namespace sinter {
namespace {

class RepositoriesTest : public ::testing::Test {
 protected:
  void SetUp() override { home_ = *Home::Open(folder_.path() / "home"); }
  Manifest ModelOf(std::string_view weights) {
    std::vector<ManifestFile> files;
    for (const auto& [path, text] :
         {std::pair<std::string, std::string_view>{"model.onnx", weights}, {"signature.json", "{}"}}) {
      const BlobInfo info = *home_->store().Put(text);
      files.push_back({path, info.size, info.digest});
    }
    return *Manifest::Make(std::move(files));
  }
  TemporaryFolder folder_;
  std::unique_ptr<Home> home_;
};

TEST_F(RepositoriesTest, VersionsAreNumberedAndFound) {
  Repositories models(RepositoryKind::kModel, *home_);
  auto v1 = models.Add("fashion", ModelOf("one"), R"({"run":"r1"})", "ann");
  ASSERT_TRUE(v1) << v1.error().ToString();
  EXPECT_EQ(v1->Ref(), "fashion@1");
  EXPECT_EQ(v1->bytes, 5u);
  EXPECT_EQ(v1->details, R"({"run":"r1"})");
  auto same = models.Add("fashion", ModelOf("one"), "", "bob");
  EXPECT_EQ(same->number, 1);  // nothing new
  auto v2 = models.Add("fashion", ModelOf("two"), "", "bob");
  EXPECT_EQ(v2->number, 2);
  auto back = models.Add("fashion", ModelOf("one"), "", "bob");
  EXPECT_EQ(back->number, 3);  // going back is a version of its own, with the old id
  EXPECT_EQ(back->id, v1->id);

  EXPECT_EQ(models.Find("fashion")->number, 3);
  EXPECT_EQ(models.Find("fashion@latest")->number, 3);
  EXPECT_EQ(models.Find("fashion@2")->id, v2->id);
  EXPECT_EQ(models.Find("fashion@" + v2->commit.Hex())->number, 2);
  EXPECT_EQ(models.Find("fashion@" + v2->commit.Hex().substr(0, 12))->number, 2);
  EXPECT_EQ(models.Find("fashion@main")->number, 3);
  EXPECT_EQ(models.Find("fashion@refs/heads/main")->number, 3);
  EXPECT_EQ(models.Find("fashion@9").error().code, ErrorCode::kNotFound);
  EXPECT_EQ(models.Find("fashion@abc").error().code, ErrorCode::kNotFound);
  EXPECT_EQ(models.Find("fashion@a b").error().code, ErrorCode::kInvalidArgument);
  EXPECT_EQ(models.Find("fashion@refs/pr/1").error().code, ErrorCode::kInvalidArgument);
  EXPECT_EQ(models.Find("other").error().code, ErrorCode::kNotFound);
  EXPECT_EQ(models.Versions("fashion")->front().number, 3);
  EXPECT_EQ(models.ManifestOf(*v2)->Find("model.onnx")->size, 3u);
  ASSERT_TRUE(models.Add("ann/fashion", ModelOf("one"), "", "ann"));
  auto list = models.List();
  ASSERT_EQ(list->repositories.size(), 2u);
  EXPECT_EQ(list->repositories[1].name, "fashion");
  EXPECT_EQ(list->repositories[1].latest, 3);
  Repositories data(RepositoryKind::kDataset, *home_);
  EXPECT_TRUE(data.List()->repositories.empty());
}

TEST_F(RepositoriesTest, BranchesAndTagsMoveByCompareAndSwap) {
  Repositories models(RepositoryKind::kModel, *home_);
  auto v1 = *models.Add("m", ModelOf("one"), "", "ann");
  auto v2 = *models.Add("m", ModelOf("two"), "", "ann");
  auto set = [&](std::string_view ref, std::string_view at, const std::optional<GitId>& from = {}) {
    const auto done = models.SetRef("m", ref, at, from, "bob");
    return done ? std::string("done") : std::string(ErrorCodeName(done.error().code));
  };
  EXPECT_EQ(set("refs/tags/good", "1"), "done");
  EXPECT_EQ(set("refs/tags/good", "2"), "already_exists");
  EXPECT_EQ(set("refs/tags/good", "2", v2.commit), "conflict");
  EXPECT_EQ(set("refs/tags/good", "2", v1.commit), "done");
  EXPECT_EQ(models.Find("m@good")->number, 2);
  EXPECT_EQ(set("refs/tags/other", "2", v1.commit), "not_found");
  EXPECT_EQ(set("refs/tags/good/x", "2"), "already_exists");  // git keeps refs as files
  EXPECT_EQ(set("refs/heads/dev", "nothing"), "not_found");
  EXPECT_EQ(set("refs/heads/a..b", "1"), "invalid_argument");
  EXPECT_EQ(set("refs/notes/x", "1"), "invalid_argument");
  EXPECT_EQ(set("refs/heads/dev", "1"), "done");

  // A branch's commits have no number until main comes to them.
  NewVersion wanted{ModelOf("three"), R"({"run":"r9"})", "Try three", "dev", v2.commit};
  EXPECT_EQ(models.Commit("m", wanted, "bob").error().code, ErrorCode::kConflict);
  wanted.parent = v1.commit;
  auto dev = models.Commit("m", wanted, "bob");
  ASSERT_TRUE(dev) << dev.error().ToString();
  EXPECT_EQ(dev->number, 0);
  EXPECT_EQ(dev->Ref(), "m@" + dev->commit.Hex().substr(0, 12));
  EXPECT_EQ(models.Find("m@dev")->commit, dev->commit);
  EXPECT_EQ(models.Find("m")->number, 2);
  EXPECT_EQ(models.Log(*dev, 0, 10)->size(), 2u);
  EXPECT_EQ(set("refs/heads/main", "dev", v2.commit), "done");
  EXPECT_EQ(models.Find("m")->Ref(), "m@3");
  EXPECT_EQ(models.Find("m@dev")->number, 3);
  EXPECT_EQ(models.Find("m@3")->details, R"({"run":"r9"})");
  EXPECT_EQ(set("refs/heads/main", "1", dev->commit), "done");  // back: a number of its own
  EXPECT_EQ(models.Find("m")->number, 4);
  EXPECT_EQ(models.Find("m")->commit, v1.commit);
  EXPECT_EQ(models.Versions("m")->size(), 4u);
  wanted.branch = "never-made";
  EXPECT_EQ(models.Commit("m", wanted, "bob").error().code, ErrorCode::kNotFound);

  EXPECT_EQ(models.DeleteRef("m", "refs/heads/dev", v1.commit, "ann").error().code, ErrorCode::kConflict);
  EXPECT_TRUE(models.DeleteRef("m", "refs/heads/dev", dev->commit, "ann"));
  EXPECT_EQ(models.Find("m@dev").error().code, ErrorCode::kNotFound);
  EXPECT_TRUE(models.Find("m@" + dev->commit.Hex()));
  EXPECT_EQ(models.DeleteRef("m", "refs/heads/main", {}, "ann").error().code, ErrorCode::kInvalidArgument);
  EXPECT_EQ(models.DeleteRef("m", "refs/tags/x", {}, "ann").error().code, ErrorCode::kNotFound);
  const auto refs = *models.Refs("m");
  ASSERT_EQ(refs.size(), 2u);
  EXPECT_EQ(refs[0].name, "refs/heads/main");
  EXPECT_EQ(refs[1].name, "refs/tags/good");
  EXPECT_EQ(refs[1].commit, v2.commit);
  EXPECT_EQ(refs[1].updated_by, "bob");
}

TEST_F(RepositoriesTest, OfManyWhoMoveABranchOneWins) {
  Repositories models(RepositoryKind::kModel, *home_);
  const auto v1 = *models.Add("m", ModelOf("one"), "", "ann");
  std::atomic<int> won{0}, lost{0};
  std::vector<std::thread> threads;
  threads.reserve(6);
  for (int t = 0; t < 6; ++t) {
    threads.emplace_back([&, t] {
      NewVersion wanted{ModelOf(std::to_string(t)), "{}", "", "main", v1.commit};
      const auto done = models.Commit("m", wanted, "ann");
      won += done.has_value();
      lost += !done && done.error().code == ErrorCode::kConflict;
    });
  }
  for (auto& thread : threads) thread.join();
  EXPECT_EQ(won, 1);
  EXPECT_EQ(lost, 5);
  EXPECT_EQ(models.Find("m")->number, 2);
}

TEST_F(RepositoriesTest, RefusesWhatIsNoVersion) {
  Repositories models(RepositoryKind::kModel, *home_);
  Repositories data(RepositoryKind::kDataset, *home_);
  for (const char* name : {"", "/a", "a/", "a/b/c", "..", "a..b", ".a", "a b", "a.git", "a@1", "-a"}) {
    EXPECT_FALSE(models.Add(name, ModelOf("one"), "", "ann")) << name;
  }
  EXPECT_FALSE(data.Add("fashion", ModelOf("one"), "", "ann"));  // no dataset.json
  EXPECT_FALSE(models.Add("fashion", Manifest{}, "", "ann"));
  EXPECT_FALSE(models.Add("fashion", ModelOf("one"), "[]", "ann"));
  Manifest absent = ModelOf("one");
  absent.files[0].sha256 = HashText("never uploaded");
  EXPECT_EQ(models.Add("fashion", absent, "", "ann").error().code, ErrorCode::kNotFound);
}

TEST_F(RepositoriesTest, ConcurrentVersionsAllGetANumber) {
  Repositories models(RepositoryKind::kModel, *home_);
  std::atomic<int> failed{0};
  std::vector<std::thread> threads;
  threads.reserve(6);
  for (int t = 0; t < 6; ++t) {
    threads.emplace_back([&, t] {
      for (int i = 0; i < 4; ++i) {
        failed += !models.Add("fashion", ModelOf(std::to_string(t * 100 + i)), "", "ann");
      }
    });
  }
  for (auto& thread : threads) thread.join();
  EXPECT_EQ(failed, 0);
  const auto versions = *models.Versions("fashion");
  ASSERT_EQ(versions.size(), 24u);
  for (size_t i = 0; i < versions.size(); ++i) EXPECT_EQ(versions[i].number, static_cast<int64_t>(24 - i));
}

}  // namespace
}  // namespace sinter
