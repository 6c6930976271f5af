#include "training/trainer/array_source.h"

#include <gtest/gtest.h>

#include <cstring>
#include <set>

#include "training/trainer/augment.h"
#include "training/trainer/testing.h"

namespace sinter {
namespace {

Recipe Small() { return *ParseRecipe(kSmallRecipe); }

TEST(ArraySource, EveryRowOncePerEpochInAnotherOrder) {
  Recipe recipe = Small();
  recipe.augmentation = {};
  auto source = SyntheticSource(recipe);
  const ArrayData data = SyntheticPictures(320, 200);
  auto epoch = [&](int64_t first) {
    std::vector<std::string> rows;
    for (int64_t step = first; step < first + 10; ++step) {
      auto batch = source->Train(step);
      EXPECT_TRUE(batch);
      for (size_t r = 0; r < 32; ++r)
        rows.emplace_back(reinterpret_cast<const char*>(batch->inputs.raw()) + r * 64, 64);
    }
    return rows;
  };
  const auto first = epoch(1), second = epoch(11);
  std::multiset<std::string> all;
  for (size_t r = 0; r < 320; ++r)
    all.emplace(reinterpret_cast<const char*>(data.train.examples.data()) + r * 64, 64);
  EXPECT_EQ(std::multiset<std::string>(first.begin(), first.end()), all);
  EXPECT_EQ(std::multiset<std::string>(second.begin(), second.end()), all);
  EXPECT_NE(first, second);
  EXPECT_EQ(epoch(1), first) << "going back gives the same again";
}

TEST(ArraySource, RanksShareTheBatchWhateverTheThreads) {
  const Recipe recipe = Small();
  auto whole = SyntheticSource(recipe, 0, 1, 1);
  std::vector<std::unique_ptr<ArraySource>> parts;
  parts.reserve(3);
  for (int rank = 0; rank < 3; ++rank) parts.push_back(SyntheticSource(recipe, rank, 3, 1 + rank));
  for (int64_t step = 1; step <= 25; ++step) {
    const Batch batch = *whole->Train(step);
    int64_t at = 0;
    for (auto& part : parts) {
      const Batch share = *part->Train(step);
      EXPECT_EQ(share.first_row, batch.first_row + at);
      for (int64_t r = 0; r < share.labels.elements(); ++r, ++at) {
        ASSERT_EQ(share.labels.AsInt(r), batch.labels.AsInt(at));
        ASSERT_EQ(std::memcmp(share.inputs.raw() + r * 64, batch.inputs.raw() + at * 64, 64), 0);
      }
    }
    EXPECT_EQ(at, 32);
  }
}

TEST(ArraySource, RefusesWhatDoesNotFit) {
  ArrayData data = SyntheticPictures(10, 10);
  EXPECT_FALSE(ArraySource::Create(data, {.batch_size = 11}));
  EXPECT_FALSE(ArraySource::Create(data, {.batch_size = 2, .rank = 0, .ranks = 3}));
  data.train.rows = 11;
  auto lying = ArraySource::Create(data, {.batch_size = 1});
  ASSERT_FALSE(lying);
  EXPECT_EQ(lying.error().code, ErrorCode::kCorrupt);
  data = SyntheticPictures(10, 10);
  data.shape = {64};
  EXPECT_FALSE(ArraySource::Create(data, {.batch_size = 1, .augmentation = {.shift = 1}}));
  EXPECT_TRUE(ArraySource::Create(data, {.batch_size = 1}));
}

TEST(Augment, MovesAndMirrors) {
  std::vector<uint8_t> picture(16);
  for (size_t i = 0; i < 16; ++i) picture[i] = static_cast<uint8_t>(i + 1);
  std::set<std::vector<uint8_t>> seen;
  for (int64_t place = 0; place < 300; ++place) {
    std::vector<uint8_t> out(16);
    AugmentPicture({.shift = 1, .flip = true}, 3, 0, place, picture, 4, 4, 1, out.data());
    seen.insert(out);
  }
  EXPECT_EQ(seen.size(), 18u) << "nine moves, mirrored or not";
  EXPECT_TRUE(seen.contains(picture));
  const std::vector<uint8_t> mirrored{4, 3, 2, 1, 8, 7, 6, 5, 12, 11, 10, 9, 16, 15, 14, 13};
  EXPECT_TRUE(seen.contains(mirrored));
  const std::vector<uint8_t> moved{0, 0, 0, 0, 0, 1, 2, 3, 0, 5, 6, 7, 0, 9, 10, 11};
  EXPECT_TRUE(seen.contains(moved));
}

}  // namespace
}  // namespace sinter
