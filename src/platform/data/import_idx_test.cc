#include "platform/data/import_idx.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "platform/data/dataset_version.h"
#include "platform/data/testing.h"

namespace sinter {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

class ImportIdxTest : public ::testing::Test {
 protected:
  void SetUp() override {
    store_ = *BlobStore::Open(folder_.path() / "store");
    source_ = folder_.path() / "source";
    ASSERT_TRUE(MakeFolders(source_));
    WriteSplit(source_, "train", 20, 4);
    WriteSplit(source_, "t10k", 10, 4, 100);
  }
  Result<ImportedDataset> Import(std::vector<std::string> classes = {}, const CancelToken& cancel = {}) {
    TRY(auto splits, FindIdxSplits(source_));
    return ImportIdx(*store_, {std::move(splits), std::move(classes)}, cancel);
  }
  std::string Why(std::vector<std::string> classes = {}) {
    auto imported = Import(std::move(classes));
    return imported ? "accepted" : imported.error().message;
  }
  size_t Blobs() {
    size_t n = 0;
    EXPECT_TRUE(store_->ForEach([&](const BlobInfo&) -> Status { return ++n, Status(); }));
    return n;
  }
  Path TrainImages() { return source_ / "train-images-idx3-ubyte.gz"; }
  Path TrainLabels() { return source_ / "train-labels-idx1-ubyte.gz"; }
  TemporaryFolder folder_;
  Path source_;
  std::unique_ptr<BlobStore> store_;
};

TEST_F(ImportIdxTest, RowsComeBack) {
  auto imported = Import({"a", "b", "c", "d"});
  ASSERT_TRUE(imported) << imported.error().ToString();
  auto version = DatasetVersion::Open(*store_, imported->id);
  ASSERT_TRUE(version) << version.error().ToString();
  const DatasetVersion& v = **version;
  EXPECT_EQ(v.info().splits[0].name, "train");
  EXPECT_EQ(v.info().splits[1].name, "test");
  EXPECT_THAT(v.info().columns[0].shape, ElementsAre(2, 3));
  EXPECT_EQ(v.info().columns[0].kind, ColumnKind::kPicture);
  EXPECT_EQ(v.info().columns[1].classes.size(), 4u);
  EXPECT_EQ(v.Rows(1), 10);
  for (int64_t row = 0; row < 10; ++row) {
    EXPECT_THAT(v.Row(1, 0, row), ::testing::Each(static_cast<std::byte>(100 + row)));
    EXPECT_EQ(v.Class(1, 1, row), (100 + row) % 4);
  }
  EXPECT_THAT(v.SplitIndex("val").error().hint, HasSubstr("train, test"));
}

TEST_F(ImportIdxTest, AgainCostsNothingAndIsTheSameVersion) {
  auto first = Import();
  const size_t blobs = Blobs();
  auto second = Import();
  ASSERT_TRUE(first && second);
  EXPECT_EQ(first->id, second->id);
  EXPECT_EQ(Blobs(), blobs);
  // Nor does it matter how the files were packed.
  const std::string packed = *ReadFile(TrainImages());
  const auto plain = DecodeIdx(std::as_bytes(std::span(packed)));
  WriteBytes(TrainImages(), EncodeIdx(*plain));
  EXPECT_EQ(Import()->id, first->id);
  EXPECT_NE(Import({"a", "b", "c", "d"})->id, first->id);
}

TEST_F(ImportIdxTest, BadInputNamesTheFileAndTheReason) {
  const std::string images = *ReadFile(TrainImages()), labels = *ReadFile(TrainLabels());
  auto expect = [&](std::string_view why) {
    const std::string message = Why();
    EXPECT_THAT(message, HasSubstr(why));
    EXPECT_THAT(message, HasSubstr("train-"));
    ASSERT_TRUE(WriteFileAtomically(TrainImages(), images));
    ASSERT_TRUE(WriteFileAtomically(TrainLabels(), labels));
  };
  ASSERT_TRUE(WriteFileAtomically(TrainImages(), images.substr(0, images.size() - 9)));
  expect("truncated");
  std::string flipped = images;
  flipped[flipped.size() - 5] ^= 4;
  ASSERT_TRUE(WriteFileAtomically(TrainImages(), flipped));
  expect("gzip stream is damaged");
  auto array = *DecodeIdx(std::as_bytes(std::span(images)));
  auto lying = EncodeIdx(array);
  lying[7] = std::byte{21};  // one row more than there is
  WriteBytes(TrainImages(), Gzip(lying));
  expect("says 126 bytes, 120 are there");
  lying[7] = std::byte{19};
  WriteBytes(TrainImages(), lying);
  expect("goes on after the 114 bytes");
  WriteBytes(TrainLabels(), EncodeIdx(BytesArray({3}, {0, 1, 2})));
  expect("has 20 rows");
  ASSERT_TRUE(WriteFileAtomically(TrainLabels(), images));
  expect("labels need rank 1");
  WriteBytes(TrainImages(), EncodeIdx(BytesArray({20, 1, 1}, std::vector<int>(20))));
  EXPECT_THAT(Why(), HasSubstr("those of split 'train' are u8[1, 1]"));
  ASSERT_TRUE(WriteFileAtomically(TrainImages(), images));
  EXPECT_THAT(Why({"a", "b", "c"}), HasSubstr("row 3 has the label 3; labels are 0 to 2"));
  std::filesystem::remove(TrainLabels());
  EXPECT_THAT(Why(), HasSubstr("'train' has images and no labels"));
}

TEST_F(ImportIdxTest, AFailureNamesNoVersionAndAStopStops) {
  CancelSource source;
  source.Cancel();
  EXPECT_EQ(Import({}, source.token()).error().code, ErrorCode::kCancelled);
  EXPECT_EQ(Blobs(), 0u);
  uint64_t last = 0;
  auto imported = ImportIdx(*store_, {*FindIdxSplits(source_), {}}, {}, [&](const ImportProgress& p) {
    last = p.done;
    EXPECT_LE(p.done, p.total);
  });
  ASSERT_TRUE(imported);
  EXPECT_GT(last, 0u);
}

TEST_F(ImportIdxTest, NumbersOtherThanBytesAreVectors) {
  IdxArray floats{IdxType::kF32, {2, 4}, std::vector<std::byte>(32)};
  WriteBytes(source_ / "v-images-idx2-float", EncodeIdx(floats));
  WriteBytes(source_ / "v-labels-idx1-ubyte", EncodeIdx(BytesArray({2}, {0, 1})));
  auto imported =
      ImportIdx(*store_, {{{"train", source_ / "v-images-idx2-float", source_ / "v-labels-idx1-ubyte"}}, {}});
  ASSERT_TRUE(imported) << imported.error().ToString();
  EXPECT_EQ(imported->info.columns[0].kind, ColumnKind::kVector);
  EXPECT_EQ(imported->info.columns[0].dtype, DType::kF32);
  EXPECT_THAT(imported->info.columns[1].classes, ElementsAre("0", "1"));
}

// A manifest of foreign origin whose files do not hold what its description says is refused at opening.
TEST_F(ImportIdxTest, AVersionThatLiesIsNotOpened) {
  auto imported = Import({"a", "b", "c", "d"});
  ASSERT_TRUE(imported);
  auto with = [&](std::string_view path, std::string_view contents) {
    Manifest manifest = imported->manifest;
    for (ManifestFile& file : manifest.files) {
      if (file.path != path) continue;
      const BlobInfo blob = *store_->Put(contents);
      file.size = blob.size;
      file.sha256 = blob.digest;
    }
    auto version = DatasetVersion::Open(*store_, *PutManifest(*store_, manifest));
    return version ? std::string("opened") : version.error().message;
  };
  EXPECT_THAT(with("test/label.bin", std::string(9, '\0')), HasSubstr("10 rows need 10 bytes, 9 are there"));
  EXPECT_THAT(with("test/label.bin", std::string(9, '\0') + '\4'), HasSubstr("row 9 is of class 4"));
  EXPECT_THAT(with("dataset.json", "{}"), HasSubstr("missing"));
}

}  // namespace
}  // namespace sinter
