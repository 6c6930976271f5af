#include "platform/data/profile.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <cstring>

#include <nlohmann/json.hpp>

#include "base/json.h"
#include "platform/data/import_idx.h"
#include "platform/data/testing.h"

namespace sinter {
namespace {

using ::testing::ElementsAre;

class ProfileTest : public ::testing::Test {
 protected:
  void SetUp() override { store_ = *BlobStore::Open(folder_.path() / "store"); }
  std::shared_ptr<const DatasetVersion> Make(const IdxArray& x, const IdxArray& y, const IdxArray& test_x,
                                             const IdxArray& test_y) {
    const Path f = folder_.path();
    WriteBytes(f / "x", EncodeIdx(x)), WriteBytes(f / "y", EncodeIdx(y));
    WriteBytes(f / "tx", EncodeIdx(test_x)), WriteBytes(f / "ty", EncodeIdx(test_y));
    auto imported = ImportIdx(*store_, {{{"train", f / "x", f / "y"}, {"test", f / "tx", f / "ty"}}, {}});
    EXPECT_TRUE(imported) << imported.error().ToString();
    return *DatasetVersion::Open(*store_, imported->id);
  }
  TemporaryFolder folder_;
  std::unique_ptr<BlobStore> store_;
};

TEST_F(ProfileTest, CountsRangesAndDuplicates) {
  auto version = Make(BytesArray({4, 1, 2}, {0, 1, 2, 3, 0, 1, 10, 20}), BytesArray({4}, {0, 1, 2, 0}),
                      BytesArray({2, 1, 2}, {2, 3, 9, 9}), BytesArray({2}, {1, 2}));
  auto profile = ProfileDataset(*version);
  ASSERT_TRUE(profile) << profile.error().ToString();
  const SplitProfile& train = profile->splits[0];
  EXPECT_EQ(train.rows, 4);
  EXPECT_THAT(train.class_counts, ElementsAre(2, 1, 1));
  EXPECT_EQ(train.columns[0].numbers.least, 0);
  EXPECT_EQ(train.columns[0].numbers.most, 20);
  EXPECT_DOUBLE_EQ(train.columns[0].numbers.mean, 37.0 / 8);
  EXPECT_NEAR(train.columns[0].numbers.deviation, std::sqrt(515.0 / 8 - 37.0 / 8 * 37.0 / 8), 1e-12);
  EXPECT_EQ(train.duplicates, 1);      // row 2 is row 0 again,
  EXPECT_EQ(train.contradictions, 1);  // of another class
  const SplitProfile& test = profile->splits[1];
  EXPECT_EQ(test.duplicates, 0);
  EXPECT_EQ(test.in_earlier_splits, 1);
  EXPECT_EQ(test.contradictions, 0);
  ASSERT_EQ(profile->examples.size(), 2u);
  EXPECT_EQ(profile->examples[1].first_split, "train");
  EXPECT_EQ(profile->examples[1].first_row, 1);
  auto json = ParseJson(ProfileText(version->info(), *profile));
  ASSERT_TRUE(json);
  EXPECT_EQ((*json)["splits"][0]["classes"][0]["rows"], 2);
  EXPECT_EQ((*json)["splits"][0]["columns"][0]["shape"], Json({1, 2}));
}

TEST_F(ProfileTest, WhatIsNotFiniteIsCountedApart) {
  IdxArray x{IdxType::kF32, {3, 1}, std::vector<std::byte>(12)};
  const float values[] = {1, NAN, 3};
  std::memcpy(x.bytes.data(), values, sizeof values);
  IdxArray y = BytesArray({3}, {0, 0, 0});
  auto version = Make(x, y, x, y);
  auto profile = ProfileDataset(*version);
  ASSERT_TRUE(profile);
  EXPECT_EQ(profile->splits[0].columns[0].numbers.not_finite, 1);
  EXPECT_DOUBLE_EQ(profile->splits[0].columns[0].numbers.mean, 2);
  EXPECT_FALSE(SampleGrid(*version, 0));  // no pictures
  CancelSource source;
  source.Cancel();
  EXPECT_EQ(ProfileDataset(*version, source.token()).error().code, ErrorCode::kCancelled);
}

TEST_F(ProfileTest, TheGridShowsEachClassInItsRow) {
  auto version = Make(BytesArray({4, 1, 2}, {0, 1, 2, 3, 0, 1, 10, 20}), BytesArray({4}, {0, 1, 2, 0}),
                      BytesArray({1, 1, 2}, {2, 3}), BytesArray({1}, {1}));
  auto png = SampleGrid(*version, 0, {.per_class = 3});
  ASSERT_TRUE(png);
  auto side = [&](size_t at) {
    return static_cast<uint8_t>((*png)[at + 2]) << 8 | static_cast<uint8_t>((*png)[at + 3]);
  };
  EXPECT_EQ(side(16), 3 * 4 + 2);  // width: three samples of 2 with gaps of 2
  EXPECT_EQ(side(20), 3 * 3 + 2);  // height: three classes of 1
  EXPECT_EQ(*png, *SampleGrid(*version, 0, {.per_class = 3}));
  EXPECT_TRUE(
      SampleGrid(*version, 1, {.per_class = 1, .only = 2}));  // a class without samples is an empty row
  EXPECT_FALSE(SampleGrid(*version, 0, {.only = 3}));
  EXPECT_FALSE(SampleGrid(*version, 0, {.per_class = 0}));
}

TEST_F(ProfileTest, OneRowIsAPictureOfItsOwn) {
  auto version = Make(BytesArray({3, 1, 2}, {0, 1, 2, 3, 0, 1}), BytesArray({3}, {0, 1, 2}),
                      BytesArray({1, 1, 2}, {2, 3}), BytesArray({1}, {1}));
  auto first = RowPicture(*version, 0, 0);
  ASSERT_TRUE(first);
  EXPECT_EQ((*first)[19], 2);  // width and height, without gaps
  EXPECT_EQ((*first)[23], 1);
  EXPECT_NE(*first, *RowPicture(*version, 0, 1));
  EXPECT_EQ(*first, *RowPicture(*version, 0, 2));
  EXPECT_EQ(*RowPicture(*version, 1, 0), *RowPicture(*version, 0, 1));
  EXPECT_EQ(RowPicture(*version, 0, 3).error().code, ErrorCode::kNotFound);
  EXPECT_EQ(RowPicture(*version, 0, -1).error().code, ErrorCode::kNotFound);
}

}  // namespace
}  // namespace sinter
