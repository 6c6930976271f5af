#include "platform/data/near_duplicates.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include <fmt/format.h>

#include "base/json.h"
#include "base/random.h"
#include "platform/data/import_table.h"
#include "platform/data/profile.h"
#include "platform/data/testing.h"

namespace sinter {
namespace {

using ::testing::DoubleNear;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

class NearTest : public ::testing::Test {
 protected:
  void SetUp() override { store_ = *BlobStore::Open(folder_.path() / "store"); }
  // Each text is the CSV file of a split.
  std::shared_ptr<const DatasetVersion> Tables(const std::vector<std::string>& texts,
                                               const std::string& label = "",
                                               std::map<std::string, ColumnRequest> columns = {}) {
    TableImport import{.label = label, .columns = std::move(columns)};
    for (size_t i = 0; i < texts.size(); ++i) {
      const Path path = folder_.path() / fmt::format("{}.csv", i);
      SINTER_CHECK(WriteFileAtomically(path, texts[i]).has_value());
      import.splits.push_back({i == 0 ? "train" : "test", {path}});
    }
    auto imported = ImportTables(*store_, import);
    EXPECT_TRUE(imported) << imported.error().ToString();
    return *DatasetVersion::Open(*store_, imported->id);
  }
  TemporaryFolder folder_;
  std::unique_ptr<BlobStore> store_;
};

TEST_F(NearTest, FiguresOfATable) {
  const auto v = Tables({"n,t,c\n1,abc,x\n2,äöü,y\n3,,x\n4,abcde,x\nNA,abc,\n"}, "",
                        {{"t", {ColumnRequest::Type::kText, {}}}, {"c", {ColumnRequest::Type::kClass, {}}}});
  const auto profile = ProfileDataset(*v);
  ASSERT_TRUE(profile) << profile.error().ToString();
  const auto& columns = profile->splits[0].columns;
  EXPECT_EQ(columns[0].missing, 1);
  EXPECT_EQ(columns[0].numbers.mean, 2.5);
  EXPECT_EQ(columns[0].distinct, 4);
  // numpy.quantile([1, 2, 3, 4], [.01, .05, .25, .5, .75, .95, .99])
  const auto near = [](double x) { return DoubleNear(x, 1e-12); };
  EXPECT_THAT(columns[0].quantiles,
              ElementsAre(near(1.03), near(1.15), near(1.75), near(2.5), near(3.25), near(3.85), near(3.97)));
  EXPECT_EQ(columns[1].missing, 1);
  EXPECT_EQ(columns[1].numbers.most, 5);
  EXPECT_EQ(columns[1].numbers.least, 3);  // characters, not bytes
  EXPECT_EQ(columns[1].distinct, 3);
  EXPECT_THAT(columns[2].classes, ElementsAre(3, 1));
  EXPECT_EQ(columns[2].missing, 1);
  const auto json = ParseJson(ProfileText(v->info(), *profile));
  ASSERT_TRUE(json);
  EXPECT_EQ((*json)["splits"][0]["columns"][2]["classes"][0], Json({{"name", "x"}, {"rows", 3}}));
  EXPECT_EQ((*json)["splits"][0]["columns"][0]["quantiles"][3], Json({0.5, 2.5}));
}

TEST_F(NearTest, PersonalDataAreCounted) {
  const auto v =
      Tables({"t,n,x\nann@example.org and bob@example.org,13812345678,1.5\nnobody,2,13812345678.0\n+49 30 "
              "9018200,3,1\n"});
  const auto profile = ProfileDataset(*v);
  ASSERT_TRUE(profile) << profile.error().ToString();
  const auto& columns = profile->splits[0].columns;
  EXPECT_THAT(columns[0].personal, ElementsAre(1, 1, 0, 0, 0));
  EXPECT_THAT(columns[1].personal, ElementsAre(0, 1, 0, 0, 0));
  EXPECT_THAT(columns[2].personal, ::testing::Each(0));  // a measured number is nobody's
  EXPECT_EQ((*ParseJson(ProfileText(v->info(), *profile)))["splits"][0]["columns"][0]["personal"],
            Json({{"mail", 1}, {"phone", 1}}));
}

TEST_F(NearTest, NamesAreCountedInColumnsOfNames) {
  const auto v =
      Tables({"customer_name,product_name,note\nYuki Tanaka,Red Chair,my name is Jan\nXimena Paz,Oak "
              "Desk,none\nDr Jan "
              "Grube,Wall Clock,Jan\nAnn Lee,Desk Fan,x\nAcme Ltd,Floor Mat,y\n"});
  const auto profile = ProfileDataset(*v);
  ASSERT_TRUE(profile) << profile.error().ToString();
  const auto& columns = profile->splits[0].columns;
  EXPECT_THAT(columns[0].personal, ElementsAre(0, 0, 0, 0, 4));
  EXPECT_THAT(columns[1].personal, ::testing::Each(0));
  EXPECT_THAT(columns[2].personal, ElementsAre(0, 0, 0, 0, 1));
}

TEST_F(NearTest, LeaksAndContradictionsOfATable) {
  // In the test: a training row under another label, one that differs in one column, and one of its own.
  const auto v = Tables({"a,b,c,d,label\n1,2,3,x,p\n5,6,7,y,q\n1,2,3,x,p\n",
                         "a,b,c,d,label\n1,2,3,x,q\n5,6,70,y,q\n0,0,0,y,p\n"});
  const auto profile = ProfileDataset(*v);
  ASSERT_TRUE(profile);
  EXPECT_EQ(profile->splits[0].duplicates, 1);
  EXPECT_EQ(profile->splits[0].near_duplicates, 0);
  EXPECT_EQ(profile->splits[1].in_earlier_splits, 1);
  EXPECT_EQ(profile->splits[1].contradictions, 1);
  EXPECT_EQ(profile->splits[1].near_in_earlier_splits, 1);
  ASSERT_EQ(profile->near_examples.size(), 1u);
  EXPECT_EQ(profile->near_examples[0].first_row, 1);
  EXPECT_EQ(profile->near_examples[0].row, 1);
  EXPECT_THAT(profile->near_method, HasSubstr("all columns but one"));
}

TEST_F(NearTest, TextsThatDifferInAWord) {
  std::string text = "text\n";
  std::vector<std::string> sentences;
  for (int i = 0; i < 200; ++i) {
    std::string sentence;
    for (int w = 0; w < 60; ++w)
      sentence +=
          fmt::format("w{} ", RandomBelow(7, static_cast<uint64_t>(i), static_cast<uint64_t>(w), 5000));
    sentences.push_back(sentence);
    text += sentence + "\n";
  }
  text += sentences[3] + "more\n";  // 58 of 61 shingles are common
  text += "another " + sentences[150] + "\n";
  text += sentences[9].substr(0, 60) + sentences[10].substr(60) + "\n";  // mostly another's
  const auto v = Tables({text});
  const auto profile = ProfileDataset(*v);
  ASSERT_TRUE(profile);
  EXPECT_THAT(profile->near_method, HasSubstr("MinHash"));
  EXPECT_EQ(profile->splits[0].duplicates, 0);
  EXPECT_THAT(profile->splits[0].near_duplicates, testing::AnyOf(2, 3));
  EXPECT_EQ(profile->near_examples[0].first_row, 3);
  EXPECT_EQ(profile->near_examples[1].first_row, 150);
}

TEST_F(NearTest, PicturesWithALittleNoise) {
  const Path f = folder_.path();
  std::vector<int> pixels, labels;
  const auto draw = [&](uint64_t picture, int noise) {
    for (uint64_t p = 0; p < 24 * 24; ++p) {
      // Blocks of 6 x 6, as smooth as pictures are.
      const auto level = static_cast<int>(RandomBelow(3, picture, p / 24 / 6 * 4 + p % 24 / 6, 200)) + 20;
      pixels.push_back(level + (noise > 0 ? static_cast<int>(RandomBelow(5, picture, p, 2)) * noise : 0));
    }
    labels.push_back(0);
  };
  for (uint64_t i = 0; i < 50; ++i) draw(i, 0);
  draw(20, 1);   // almost nothing
  draw(30, 30);  // too much
  WriteBytes(f / "x", EncodeIdx(BytesArray({52, 24, 24}, pixels)));
  WriteBytes(f / "y", EncodeIdx(BytesArray({52}, labels)));
  const auto imported = ImportIdx(*store_, {{{"train", f / "x", f / "y"}}, {}});
  ASSERT_TRUE(imported);
  const auto profile = ProfileDataset(**DatasetVersion::Open(*store_, imported->id));
  ASSERT_TRUE(profile);
  EXPECT_THAT(profile->near_method, HasSubstr("dHash"));
  EXPECT_EQ(profile->splits[0].near_duplicates, 1);
  ASSERT_EQ(profile->near_examples.size(), 1u);
  EXPECT_EQ(profile->near_examples[0].first_row, 20);
  EXPECT_EQ(profile->near_examples[0].row, 50);
}

TEST_F(NearTest, VectorsWithinAStep) {
  const Path f = folder_.path();
  IdxArray x{IdxType::kF32, {4, 3}, std::vector<std::byte>(48)};
  const float values[] = {0, 10, 20, 5, 6, 7, 0.01F, 10.01F, 20, 5, 6, 9};
  std::memcpy(x.bytes.data(), values, sizeof values);
  WriteBytes(f / "x", EncodeIdx(x));
  WriteBytes(f / "y", EncodeIdx(BytesArray({4}, {0, 0, 0, 0})));
  const auto imported = ImportIdx(*store_, {{{"train", f / "x", f / "y"}}, {}});
  ASSERT_TRUE(imported);
  const auto profile = ProfileDataset(**DatasetVersion::Open(*store_, imported->id));
  ASSERT_TRUE(profile);
  EXPECT_EQ(profile->splits[0].near_duplicates, 1);
  EXPECT_EQ(profile->near_examples[0].row, 2);
}

}  // namespace
}  // namespace sinter
