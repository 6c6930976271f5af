#include "base/testing/full_disk.h"

#include "platform/data/import_idx.h"
#include "platform/data/testing.h"

namespace sinter {
namespace {

// The disk fills up in the middle of an import: the error names the file that was being imported, nothing
// half-written stays, and with space enough the same import works.
TEST(ImportOnAFullDisk, SaysSoAndLeavesNothingHalfWritten) {
  TemporaryFolder folder;
  const Path source = folder.path() / "source", disk = folder.path() / "disk",
             enough = folder.path() / "enough";
  ASSERT_TRUE(MakeFolders(source) && MakeFolders(disk));
  const std::vector<int> zeros(50 * 100 * 1000);
  WriteBytes(source / "train-images-idx3-ubyte.gz", Gzip(EncodeIdx(BytesArray({50, 100, 1000}, zeros))));
  WriteBytes(source / "train-labels-idx1-ubyte.gz", Gzip(EncodeIdx(BytesArray({50}, std::vector<int>(50)))));
  const IdxImport import{*FindIdxSplits(source), {}};
  const auto fill = [&] {
    auto store = BlobStore::Open(disk);
    SINTER_EXIT_UNLESS(store);
    auto imported = ImportIdx(**store, import);
    SINTER_EXIT_UNLESS(!imported && imported.error().code == ErrorCode::kResourceExhausted);
    SINTER_EXIT_UNLESS(imported.error().message.find("train-images") != std::string::npos);
    SINTER_EXIT_UNLESS(FilesUnder(disk) == 0);
  };
  EXPECT_EQ(WithFileLimit(1 << 20, fill), kInChildPassed);
  const int outcome = OnSmallDisk(disk, 1 << 20, fill);
  EXPECT_TRUE(outcome == kInChildPassed || outcome == kInChildCannotMount) << outcome;
  auto store = *BlobStore::Open(enough);
  EXPECT_TRUE(ImportIdx(*store, import));
}

}  // namespace
}  // namespace sinter
