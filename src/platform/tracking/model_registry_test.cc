#include "platform/tracking/model_registry.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "platform/records/testing/counting_records.h"
#include "platform/tracking/testing.h"

namespace sinter {
namespace {

using ::testing::ElementsAre;
using ::testing::Pair;

class ModelRegistryTest : public TrackingFixture {
 protected:
  void SetUp() override {
    TrackingFixture::SetUp();
    run_ = t_->runs.Create({"0", "fox", "ann", 1}, {}, "ann")->info.id;
    for (const auto& [path, text] : {std::pair("MLmodel", "flavors"), {"data/w", "weights"}})
      ASSERT_TRUE(PutArtifact("0/" + run_ + "/artifacts/clf/" + path, text));
  }
  ModelRegistry& r() { return t_->registry; }
  int64_t Register(const std::string& name, const std::string& source) {
    const auto version = r().CreateVersion({name, source, run_, "", "", "words", {{"k", "v"}}}, "ann");
    EXPECT_TRUE(version) << version.error().ToString();
    return version ? version->version : 0;
  }
  std::string Source() const { return "runs:/" + run_ + "/clf"; }
  std::vector<std::string> Names(const std::string& filter = "") {
    std::vector<std::string> names;
    const auto page = *r().Search({filter, {}, 100, ""});
    names.reserve(page.first.size());
    for (const RegisteredModel& model : page.first) names.push_back(model.name);
    return names;
  }
  std::vector<int64_t> Versions(const std::string& name) {
    std::vector<int64_t> numbers;
    const auto versions = *r().Versions(name);
    numbers.reserve(versions.size());
    for (const ModelVersion& version : versions) numbers.push_back(version.version);
    return numbers;
  }
  std::string run_;
};

TEST_F(ModelRegistryTest, AVersionIsACommitOfTheHub) {
  ASSERT_TRUE(r().Create("iris", "flowers", {{"a", "b"}}, "ann"));
  EXPECT_EQ(r().Create("iris", "", {}, "ann").error().code, ErrorCode::kAlreadyExists);
  EXPECT_EQ(Register("iris", Source()), 1);
  EXPECT_EQ(Register("iris", "mlflow-artifacts:/0/" + run_ + "/artifacts/clf/"), 2);  // the same files again
  EXPECT_EQ(Register("iris", "mlflow-artifacts://host:1/0/" + run_ + "/artifacts/clf"), 3);
  const RepositoryVersion first = *models_->Find("iris@1"), third = *models_->Find("iris@3");
  EXPECT_EQ(first.id, third.id);
  EXPECT_NE(first.commit, third.commit);
  EXPECT_NE(models_->ManifestOf(first)->Find("data/w"), nullptr);
  ModelVersion version = *r().GetVersion("iris", 1);
  EXPECT_EQ(version.source, Source());
  EXPECT_EQ(version.run_id, run_);
  EXPECT_EQ(version.description, "words");
  EXPECT_THAT(version.tags, ElementsAre(Pair("k", "v")));
  EXPECT_EQ(*r().DownloadUri("iris", 1), "mlflow-artifacts:/registry/iris/1");
  // Its files stay when those that it was made from go.
  ASSERT_TRUE(t_->artifacts.Delete("0/" + run_ + "/artifacts/clf", "ann"));
  EXPECT_EQ(t_->artifacts.Tree("registry/iris/1")->size(), 2u);
  EXPECT_EQ(t_->artifacts.Get("registry/iris/1/data/w")->size, 7u);
  EXPECT_EQ(t_->artifacts.List("registry/iris/1/data")->size(), 1u);
  EXPECT_EQ(t_->artifacts.Get("registry/iris/1/data").error().code, ErrorCode::kNotFound);
  EXPECT_EQ(t_->artifacts.Get("registry/iris/9/data").error().code, ErrorCode::kNotFound);
  EXPECT_EQ(Register("iris", "models:/iris/2"), 4);
  EXPECT_EQ(models_->Find("iris@4")->id, first.id);
  EXPECT_EQ(r().GetVersion("iris", 5).error().code, ErrorCode::kNotFound);
  EXPECT_EQ(r().CreateVersion({"none", Source(), "", "", "", "", {}}, "ann").error().code,
            ErrorCode::kNotFound);
}

TEST_F(ModelRegistryTest, WhatIsElsewhereIsNoted) {
  ASSERT_TRUE(r().Create("far", "", {}, "ann"));
  EXPECT_EQ(Register("far", "s3://bucket/model"), 1);
  EXPECT_EQ(*r().DownloadUri("far", 1), "s3://bucket/model");
  EXPECT_NE(models_->ManifestOf(*models_->Find("far@1"))->Find("mlflow-source.json"), nullptr);
  for (const char* odd :
       {"runs:/none/x", "models:/m-none", "mlflow-artifacts:/0/none/artifacts/x", "registry"})
    EXPECT_GT(Register("far", odd), 1) << odd;
  EXPECT_FALSE(r().CreateVersion({"far", "mlflow-artifacts:/0/../x", "", "", "", "", {}}, "ann"));
  EXPECT_FALSE(r().CreateVersion({"far", "", "", "", "", "", {}}, "ann"));
}

TEST_F(ModelRegistryTest, AliasesAreTags) {
  ASSERT_TRUE(r().Create("iris", "", {}, "ann"));
  Register("iris", Source());
  Register("iris", Source());
  ASSERT_TRUE(r().SetAlias("iris", "champion", 1, "ann"));
  EXPECT_EQ(models_->Find("iris@champion")->number, 1);
  ASSERT_TRUE(r().SetAlias("iris", "champion", 2, "ann"));
  ASSERT_TRUE(r().SetAlias("iris", "champion", 2, "ann"));
  EXPECT_EQ(r().GetByAlias("iris", "champion")->version, 2);
  EXPECT_THAT(r().Get("iris")->aliases, ElementsAre(Pair("champion", 2)));
  EXPECT_EQ(r().SetAlias("iris", "champion", 3, "ann").error().code, ErrorCode::kNotFound);
  EXPECT_EQ(r().SetAlias("iris", "12", 1, "ann").error().code, ErrorCode::kInvalidArgument);
  EXPECT_EQ(r().GetByAlias("iris", "none").error().code, ErrorCode::kInvalidArgument);
  ASSERT_TRUE(models_->SetRef("iris", "refs/tags/by-git", "1", std::nullopt, "ann"));
  EXPECT_EQ(r().GetByAlias("iris", "by-git")->version, 1);
  ASSERT_TRUE(r().DeleteAlias("iris", "champion", "ann"));
  ASSERT_TRUE(r().DeleteAlias("iris", "champion", "ann"));
  EXPECT_FALSE(r().GetByAlias("iris", "champion"));
}

TEST_F(ModelRegistryTest, NamesThatNoRepositoryHas) {
  const std::string name = "Größe 模型";
  ASSERT_TRUE(r().Create(name, "", {}, "ann"));
  EXPECT_EQ(Register(name, Source()), 1);
  const std::string repository = r().Get(name)->repository;
  EXPECT_TRUE(CheckRepositoryName(repository)) << repository;
  EXPECT_THAT(Names(), ElementsAre(name));  // not the repository besides
  ASSERT_TRUE(r().SetAlias(name, "best", 1, "ann"));
  ASSERT_TRUE(r().Rename(name, "plain", "ann"));
  EXPECT_EQ(r().Get(name).error().code, ErrorCode::kNotFound);
  EXPECT_EQ(r().GetByAlias("plain", "best")->version, 1);
  EXPECT_EQ(r().Get("plain")->repository, repository);
  ASSERT_TRUE(r().Create(name, "", {}, "ann"));  // the name is free, its repository is not
  EXPECT_NE(r().Get(name)->repository, repository);
  EXPECT_EQ(r().Rename(name, "plain", "ann").error().code, ErrorCode::kAlreadyExists);
  ASSERT_TRUE(r().Rename("plain", "again", "ann"));
  ASSERT_TRUE(r().Create("plain", "", {}, "ann"));
  EXPECT_TRUE(Versions("plain").empty());
  EXPECT_THAT(Names(), ElementsAre(name, "again", "plain"));
}

TEST_F(ModelRegistryTest, WhatIsDeletedStaysAway) {
  ASSERT_TRUE(r().Create("iris", "", {}, "ann"));
  for (int i = 0; i < 3; ++i) Register("iris", Source());
  ASSERT_TRUE(r().SetAlias("iris", "best", 2, "ann"));
  ASSERT_TRUE(r().DeleteVersion("iris", 2, "ann"));
  EXPECT_THAT(Versions("iris"), ElementsAre(3, 1));
  EXPECT_TRUE(r().Get("iris")->aliases.empty());
  EXPECT_EQ(r().SetVersionDescription("iris", 2, "x", "ann").error().code, ErrorCode::kNotFound);
  ASSERT_TRUE(r().SetAlias("iris", "best", 3, "ann"));
  ASSERT_TRUE(r().Delete("iris", "ann"));
  EXPECT_EQ(r().Delete("iris", "ann").error().code, ErrorCode::kNotFound);
  EXPECT_TRUE(Names().empty());
  EXPECT_TRUE(models_->Find("iris@3"));  // the hub keeps it
  EXPECT_FALSE(models_->Find("iris@best"));
  ASSERT_TRUE(r().Create("iris", "", {}, "ann"));
  EXPECT_TRUE(Versions("iris").empty());
  EXPECT_EQ(Register("iris", Source()), 4);
  EXPECT_THAT(Versions("iris"), ElementsAre(4));
}

TEST_F(ModelRegistryTest, RepositoriesThatNobodyRegistered) {
  const Manifest manifest = *Manifest::Make({{"MLmodel", 7, home_->store().Put("flavors")->digest}});
  ASSERT_TRUE(models_->Add("fashion", manifest, R"({"run":"r-1"})", "ann"));
  EXPECT_THAT(Names(), ElementsAre("fashion"));
  const ModelVersion version = *r().GetVersion("fashion", 1);
  EXPECT_EQ(version.run_id, "r-1");
  EXPECT_EQ(version.source, "mlflow-artifacts:/registry/fashion/1");
  EXPECT_EQ(r().Create("fashion", "", {}, "ann").error().code, ErrorCode::kAlreadyExists);
  ASSERT_TRUE(r().SetTag("fashion", "a", "b", "ann"));
  ASSERT_TRUE(r().SetVersionTag("fashion", 1, "c", "d", "ann"));
  EXPECT_EQ(r().Get("fashion")->tags.at("a"), "b");
  ASSERT_TRUE(r().Delete("fashion", "ann"));
  EXPECT_TRUE(Names().empty());
  const Manifest next = *Manifest::Make({{"MLmodel", 5, home_->store().Put("other")->digest}});
  ASSERT_TRUE(models_->Add("fashion", next, "", "ann"));  // trained again: it is there again
  EXPECT_THAT(Versions("fashion"), ElementsAre(2));
}

TEST_F(ModelRegistryTest, StagesAndSearches) {
  ASSERT_TRUE(r().Create("iris", "", {{"team", "x"}}, "ann"));
  ASSERT_TRUE(r().Create("wine", "", {{"mlflow.prompt.is_prompt", "true"}}, "ann"));
  for (int i = 0; i < 3; ++i) Register("iris", Source());
  EXPECT_THAT(Names("tags.`mlflow.prompt.is_prompt` = 'false'"), ElementsAre("iris"));
  EXPECT_THAT(Names("tags.team = 'x' and name ILIKE 'I%'"), ElementsAre("iris"));
  EXPECT_EQ(r().Transition("iris", 1, "production", false, "ann")->stage, "Production");
  EXPECT_EQ(r().Transition("iris", 2, "Production", true, "ann")->stage, "Production");
  EXPECT_EQ(r().GetVersion("iris", 1)->stage, "Archived");
  EXPECT_FALSE(r().Transition("iris", 2, "Best", false, "ann"));
  EXPECT_FALSE(r().Transition("iris", 2, "Archived", true, "ann"));
  const auto found = [&](const std::string& filter, std::vector<std::string> order = {}) {
    std::vector<int64_t> numbers;
    const auto page = *r().SearchVersions({filter, std::move(order), 100, ""});
    numbers.reserve(page.first.size());
    for (const ModelVersion& version : page.first) numbers.push_back(version.version);
    return numbers;
  };
  EXPECT_THAT(found("name = 'iris' and version_number > 1", {"version_number ASC"}), ElementsAre(2, 3));
  EXPECT_THAT(found("run_id IN ('" + run_ + "') and tags.k = 'v'", {"version_number DESC"}),
              ElementsAre(3, 2, 1));
  EXPECT_TRUE(found("name = 'none'").empty());
  const auto first = *r().SearchVersions({"", {"version_number"}, 2, ""});
  EXPECT_EQ(first.first.size(), 2u);
  EXPECT_EQ(r().SearchVersions({"", {"version_number"}, 2, first.second})->first.size(), 1u);
  EXPECT_FALSE(r().SearchVersions({"nothing = 'x'", {}, 100, ""}));
  EXPECT_FALSE(r().Search({"", {"tags.a"}, 100, ""}));
  // A page is complete, whether its order needs the versions of all models or not.
  for (const char* order : {"name", "last_updated_timestamp DESC"}) {
    clock_.Advance(std::chrono::seconds(1));
    Register("iris", Source());
    const auto page = *r().Search({"", {order}, 1, ""});
    ASSERT_EQ(page.first.size(), 1u) << order;
    EXPECT_EQ(page.first[0].name, "iris") << order;
    EXPECT_EQ(page.first[0].latest.size(), 3u) << order;
    EXPECT_EQ(page.first[0].updated_ms, clock_.UnixMillis()) << order;
    EXPECT_EQ(r().Search({"", {order}, 1, page.second})->first.at(0).name, "wine") << order;
  }
  EXPECT_EQ(r().Get("iris")->latest.size(), 3u);
}

TEST_F(ModelRegistryTest, ASearchReadsWhatChangedAlone) {
  CountingRecords counting(home_->records());
  ModelRegistry registry(counting, *models_, t_->artifacts, home_->store(), clock_);
  const auto found = [&](const std::string& filter) {
    std::vector<std::string> names;
    const auto page = registry.SearchVersions({filter, {"name ASC", "version_number ASC"}, 100, ""});
    EXPECT_TRUE(page) << page.error().ToString();
    if (page)
      for (const ModelVersion& one : page->first)
        names.push_back(one.name + "@" + std::to_string(one.version));
    return names;
  };
  for (int i = 0; i < 30; ++i) {
    const std::string name = "m" + std::to_string(10 + i);
    ASSERT_TRUE(r().Create(name, "", {}, "ann"));
    Register(name, Source());
  }
  EXPECT_EQ(found("").size(), 30u);
  counting.TakeRead();
  EXPECT_EQ(found("tags.k = 'v'").size(), 30u);
  EXPECT_EQ(counting.TakeRead(), 0);
  // Whatever a version shows: a new one, tags, aliases' refs, that it was deleted, its model's name.
  Register("m10", Source());
  ASSERT_TRUE(r().SetVersionTag("m11", 1, "k", "w", "ann"));
  ASSERT_TRUE(r().DeleteVersion("m12", 1, "ann"));
  ASSERT_TRUE(r().Rename("m13", "z", "ann"));
  ASSERT_TRUE(r().SetAlias("m14", "best", 1, "ann"));
  EXPECT_THAT(found("tags.k = 'w'"), ElementsAre("m11@1"));
  EXPECT_LE(counting.TakeRead(), 12);
  EXPECT_EQ(found("").size(), 30u);
  EXPECT_THAT(found("name LIKE 'm1%' AND tags.k = 'v'"),
              ElementsAre("m10@1", "m10@2", "m14@1", "m15@1", "m16@1", "m17@1", "m18@1", "m19@1"));
  EXPECT_THAT(found("name = 'z'"), ElementsAre("z@1"));
  const auto all = *registry.SearchVersions({"name LIKE 'm14'", {}, 100, ""});
  ASSERT_EQ(all.first.size(), 1u);
  EXPECT_THAT(all.first[0].aliases, ElementsAre("best"));
  ASSERT_TRUE(models_->Remove("m15", "a test", "ann"));
  EXPECT_EQ(found("").size(), 29u);
}

}  // namespace
}  // namespace sinter
