// Fashion-MNIST as Debian packs it (dataset-fashion-mnist): the real input of the demo.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "platform/data/classes.h"
#include "platform/data/import_idx.h"
#include "platform/data/profile.h"

namespace sinter {
namespace {

TEST(Fashion, ImportsAndProfiles) {
  const Path source = "/usr/share/datasets/fashion-mnist";
  if (!std::filesystem::exists(source)) GTEST_SKIP() << "the package dataset-fashion-mnist is not installed";
  TemporaryFolder folder;
  auto store = *BlobStore::Open(folder.path());
  auto imported = ImportIdx(*store, {*FindIdxSplits(source), *ReadClasses("fashion-mnist")});
  ASSERT_TRUE(imported) << imported.error().ToString();
  auto version = DatasetVersion::Open(*store, imported->id);
  ASSERT_TRUE(version) << version.error().ToString();
  EXPECT_EQ((*version)->Rows(0), 60'000);
  EXPECT_EQ((*version)->Rows(1), 10'000);
  auto profile = ProfileDataset(**version);
  ASSERT_TRUE(profile);
  EXPECT_THAT(profile->splits[0].class_counts, ::testing::Each(6000));
  EXPECT_THAT(profile->splits[1].class_counts, ::testing::Each(1000));
  EXPECT_EQ(profile->splits[0].columns[0].numbers.most, 255);
  // The published mean and deviation of the training pixels, 0.2860 and 0.3530 of 255.
  EXPECT_NEAR(profile->splits[0].columns[0].numbers.mean / 255, 0.2860, 5e-5);
  EXPECT_NEAR(profile->splits[0].columns[0].numbers.deviation / 255, 0.3530, 5e-5);
  RecordProperty("duplicates", static_cast<int>(profile->splits[0].duplicates));
  auto grid = SampleGrid(**version, 0);
  ASSERT_TRUE(grid);
  EXPECT_GT(grid->size(), 10'000u);
  // To look at them: SINTER_KEEP_PROFILE=FOLDER keeps the grid and the profile.
  if (const char* keep = std::getenv("SINTER_KEEP_PROFILE")) {
    ASSERT_TRUE(WriteFileAtomically(Path(keep) / "grid.png", *grid));
    ASSERT_TRUE(WriteFileAtomically(Path(keep) / "profile.json", ProfileText((*version)->info(), *profile)));
  }
}

}  // namespace
}  // namespace sinter
