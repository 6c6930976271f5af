#include "base/testing/full_disk.h"

#include "platform/store/blob_store.h"

namespace sinter {
namespace {

// In a child: what is too much does not fit, an older blob stays, nothing half-written does.
void FillUp(const Path& folder, size_t fits, size_t too_much) {
  auto store = BlobStore::Open(folder);
  SINTER_EXIT_UNLESS(store);
  SINTER_EXIT_UNLESS((*store)->Put(std::string(fits, 'a')));
  for (int i = 0; i < 3; ++i) {
    const auto info = (*store)->Put(std::string(too_much, 'b'));
    SINTER_EXIT_UNLESS(!info && info.error().code == ErrorCode::kResourceExhausted);
    SINTER_EXIT_UNLESS(info.error().message.find(folder.string()) != std::string::npos);
    SINTER_EXIT_UNLESS(!info.error().hint.empty());
    SINTER_EXIT_UNLESS(FilesUnder(folder) == 1);
  }
  SINTER_EXIT_UNLESS((*store)->Put(std::string(fits, 'c')));  // what was given up is free again
  SINTER_EXIT_UNLESS((*store)->Verify(HashText(std::string(fits, 'a'))));
}

TEST(FullDisk, OfATmpfs) {
  TemporaryFolder folder;
  const int outcome = OnSmallDisk(folder.path(), 1 << 20, [&] { FillUp(folder.path(), 100'000, 2'000'000); });
  if (outcome == kInChildCannotMount) GTEST_SKIP() << "no tmpfs may be mounted here; FullDisk.OfALimit runs";
  EXPECT_EQ(outcome, kInChildPassed);
}

TEST(FullDisk, OfALimit) {
  TemporaryFolder folder;
  EXPECT_EQ(WithFileLimit(100'000, [&] { FillUp(folder.path(), 50'000, 200'000); }), kInChildPassed);
}

}  // namespace
}  // namespace sinter
