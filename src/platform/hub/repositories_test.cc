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
  Repositories models(RepositoryKind::kModel, home_->records(), home_->store());
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
  EXPECT_EQ(models.Find("fashion@" + v2->id.Hex())->number, 2);
  EXPECT_EQ(models.Find("fashion@" + v2->id.Hex().substr(0, 12))->number, 2);
  EXPECT_EQ(models.Find("fashion@9").error().code, ErrorCode::kNotFound);
  EXPECT_EQ(models.Find("fashion@abc").error().code, ErrorCode::kInvalidArgument);
  EXPECT_EQ(models.Find("other").error().code, ErrorCode::kNotFound);
  EXPECT_EQ(models.Versions("fashion")->front().number, 3);
  EXPECT_EQ(models.ManifestOf(*v2)->Find("model.onnx")->size, 3u);
  ASSERT_TRUE(models.Add("ann/fashion", ModelOf("one"), "", "ann"));
  auto list = models.List();
  ASSERT_EQ(list->repositories.size(), 2u);
  EXPECT_EQ(list->repositories[1].name, "fashion");
  EXPECT_EQ(list->repositories[1].latest, 3);
  Repositories data(RepositoryKind::kDataset, home_->records(), home_->store());
  EXPECT_TRUE(data.List()->repositories.empty());
}

TEST_F(RepositoriesTest, RefusesWhatIsNoVersion) {
  Repositories models(RepositoryKind::kModel, home_->records(), home_->store());
  Repositories data(RepositoryKind::kDataset, home_->records(), home_->store());
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
  Repositories models(RepositoryKind::kModel, home_->records(), home_->store());
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
