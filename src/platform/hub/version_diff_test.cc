#include "platform/hub/version_diff.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace sinter {
namespace {

using ::testing::HasSubstr;

class VersionDiffTest : public ::testing::Test {
 protected:
  Manifest Of(const std::vector<std::pair<std::string, std::string>>& files) {
    std::vector<ManifestFile> listed;
    for (const auto& [path, text] : files) {
      const BlobInfo info = *store_->Put(text);
      listed.push_back({path, info.size, info.digest});
    }
    return *Manifest::Make(std::move(listed));
  }
  TemporaryFolder folder_;
  std::unique_ptr<BlobStore> store_ = *BlobStore::Open(folder_.path());
};

TEST_F(VersionDiffTest, FilesAddedRemovedAndChanged) {
  const Manifest from =
      Of({{"a", "1"}, {"c", "one\ntwo\nthree\n"}, {"d", "same"}, {"w", std::string("\0", 1)}});
  const Manifest to =
      Of({{"b", "22"}, {"c", "one\n2\nthree\n"}, {"d", "same"}, {"w", std::string("\0\1", 2)}});
  const auto changes = DiffVersions(*store_, from, to);
  ASSERT_TRUE(changes) << changes.error().ToString();
  ASSERT_EQ(changes->size(), 4u);
  EXPECT_EQ(changes->at(0).path, "a");
  EXPECT_EQ(changes->at(0).before->size, 1u);
  EXPECT_FALSE(changes->at(0).after);
  EXPECT_EQ(changes->at(1).path, "b");
  EXPECT_FALSE(changes->at(1).before);
  EXPECT_EQ(changes->at(1).after->size, 2u);
  EXPECT_EQ(changes->at(2).text.substr(changes->at(2).text.find("@@")),
            "@@ -1,3 +1,3 @@\n one\n-two\n+2\n three\n");
  EXPECT_EQ(changes->at(3).path, "w");
  EXPECT_EQ(changes->at(3).text, "");  // bytes, not text
  EXPECT_TRUE(DiffVersions(*store_, to, to)->empty());
  EXPECT_EQ(DiffManifests({}, to).size(), 4u);
  EXPECT_EQ(DiffManifests(from, {}).size(), 4u);
}

TEST_F(VersionDiffTest, LargeTextsAreCountedAlone) {
  const Manifest from = Of({{"t", std::string(100'000, 'a')}, {"u", "x"}});
  const Manifest to = Of({{"t", std::string(100'000, 'b')}, {"u", ""}});
  const auto changes = DiffVersions(*store_, from, to);
  ASSERT_EQ(changes->size(), 2u);
  EXPECT_EQ(changes->at(0).text, "");
  EXPECT_THAT(changes->at(1).text, HasSubstr("-x\n"));
}

}  // namespace
}  // namespace sinter
