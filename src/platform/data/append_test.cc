#include "platform/data/append.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "platform/data/import_table.h"

namespace sinter {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

class AppendTest : public ::testing::Test {
 protected:
  using Splits = std::vector<std::pair<std::string, std::string>>;
  ImportedDataset Import(const Splits& splits, std::string label = "y") {
    TableImport import;
    for (const auto& [name, text] : splits) {
      const Path path = folder_.path() / (std::to_string(files_++) + ".csv");
      SINTER_CHECK(WriteFileAtomically(path, text).has_value());
      import.splits.push_back({name, {path}});
    }
    import.label = std::move(label);
    // What would be guessed of so few rows.
    if (splits[0].second.contains("colour")) import.columns["colour"] = {ColumnRequest::Type::kClass, {}};
    if (splits[0].second.contains("note")) import.columns["note"] = {ColumnRequest::Type::kText, {}};
    auto imported = ImportTables(*store_, import);
    EXPECT_TRUE(imported) << imported.error().ToString();
    return *std::move(imported);
  }
  Result<AppendedRows> Append(const ImportedDataset& base, const ImportedDataset& from,
                              std::string_view to = "train") {
    const auto base_version = *DatasetVersion::Open(*store_, base.id),
               other = *DatasetVersion::Open(*store_, from.id);
    return AppendRows(*store_, *base_version, base.manifest, *other, other->info().splits[0].name, to);
  }
  // A split's rows, "1|red|p"; "-" is missing.
  std::vector<std::string> Rows(const Sha256Digest& id, std::string_view split) {
    const auto version = DatasetVersion::Open(*store_, id);
    EXPECT_TRUE(version) << version.error().ToString();
    const size_t s = *(*version)->SplitIndex(split);
    std::vector<std::string> rows;
    for (int64_t row = 0; row < (*version)->Rows(s); ++row) {
      std::string text;
      for (size_t c = 0; c < (*version)->info().columns.size(); ++c) {
        const Cell cell = (*version)->CellAt(s, c, row);
        text += (c == 0 ? "" : "|") + (cell.kind == Cell::Kind::kMissing ? "-" : CellText(cell));
      }
      rows.push_back(text);
    }
    return rows;
  }

  TemporaryFolder folder_;
  std::unique_ptr<BlobStore> store_ = *BlobStore::Open(folder_.path() / "store");
  int files_ = 0;
};

TEST_F(AppendTest, RowsFollowByTheNamesOfColumns) {
  const ImportedDataset base = Import(
      {{"train", "a,colour,note,y\n1,red,n,p\n2,blue,m,q\n"}, {"test", "a,colour,note,y\n7,red,n,p\n"}});
  const ImportedDataset from = Import({{"cases", "label,colour,a\nq,green,2.5\nr,,3\n"}}, "label");
  const auto made = Append(base, from);
  ASSERT_TRUE(made) << made.error().ToString();
  EXPECT_EQ(made->rows, 2);
  EXPECT_EQ(made->left_out, 0);
  EXPECT_THAT(Rows(made->made.id, "train"),
              ElementsAre("1|red|n|p", "2|blue|m|q", "2.5|green|-|q", "3|-|-|r"));
  EXPECT_THAT(Rows(made->made.id, "test"), ElementsAre("7|red|n|p")) << "with masks now, and numbers of f64";
  const DatasetInfo& info = made->made.info;
  EXPECT_EQ(info.label, "y");
  EXPECT_EQ(info.columns[0].dtype, DType::kF64);
  EXPECT_THAT(info.columns[1].classes, ElementsAre("blue", "red", "green")) << "the others keep their index";
  EXPECT_THAT(info.columns[3].classes, ElementsAre("p", "q", "r"));
}

TEST_F(AppendTest, WhatDoesNotChangeIsNotWrittenAgain) {
  const ImportedDataset base = Import({{"train", "a,y\n1,p\n2,q\n"}, {"test", "a,y\n7,p\n"}});
  const auto made = Append(base, Import({{"cases", "a,y\n3,q\n"}}));
  ASSERT_TRUE(made) << made.error().ToString();
  for (const char* path : {"test/a.bin", "test/y.bin"})
    EXPECT_EQ(made->made.manifest.Find(path)->sha256, base.manifest.Find(path)->sha256);
  EXPECT_EQ(made->made.info.columns[0].dtype, DType::kI64);
  EXPECT_THAT(Rows(made->made.id, "train"), ElementsAre("1|p", "2|q", "3|q"));
}

TEST_F(AppendTest, WhatIsTestedWithIsNotLearned) {
  const ImportedDataset base = Import({{"train", "a,y\n1,p\n2,q\n"}, {"test", "a,y\n7,p\n8,q\n"}});
  const auto made = Append(base, Import({{"cases", "a,y\n7,q\n1,p\n9,p\n"}}));
  ASSERT_TRUE(made) << made.error().ToString();
  EXPECT_EQ(made->left_out, 1) << "another label makes no other row of it";
  EXPECT_THAT(Rows(made->made.id, "train"), ElementsAre("1|p", "2|q", "1|p", "9|p"));
  EXPECT_THAT(Append(base, Import({{"cases", "a,y\n7,q\n"}})).error().message,
              HasSubstr("all 1 rows stand in another split already"));
}

TEST_F(AppendTest, WhatDoesNotFitIsRefused) {
  const ImportedDataset base = Import({{"train", "a,colour,y\n1,red,p\n2,blue,q\n"}});
  EXPECT_THAT(Append(base, Import({{"cases", "b,y\n1,p\n"}})).error().message,
              HasSubstr("no column beside the label in common"));
  EXPECT_THAT(Append(base, Import({{"cases", "a,y\nx,p\n"}})).error().ToString(),
              HasSubstr("split cases, row 0, column 'a'"));
  EXPECT_FALSE(Append(base, Import({{"cases", "a,y\n1,p\n"}}), "validation"));
}

TEST_F(AppendTest, PicturesFollowWhereTheyAreAlike) {
  const auto pictures = [&](std::string split, std::vector<int64_t> shape, std::string bytes,
                            std::string labels) {
    ImportedDataset made;
    made.info.columns = {{"x", ColumnKind::kPicture, DType::kU8, shape},
                         {"label", ColumnKind::kClass, DType::kU8, {}, {"p", "q"}}};
    made.info.splits = {{split, static_cast<int64_t>(labels.size())}};
    NameFiles(made.info.columns);
    std::vector<ManifestFile> files;
    for (const auto& [path, text] :
         {std::pair<std::string, std::string>{"dataset.json", DatasetText(made.info)},
          {split + "/x.bin", bytes},
          {split + "/label.bin", labels}}) {
      const BlobInfo blob = *store_->Put(text);
      files.push_back({path, blob.size, blob.digest});
    }
    made.manifest = *Manifest::Make(std::move(files));
    made.id = *PutManifest(*store_, made.manifest);
    return made;
  };
  const ImportedDataset base = pictures("train", {1, 2}, "abcd", std::string("\0\1", 2));
  const auto made = Append(base, pictures("cases", {1, 2}, "ef", std::string("\1", 1)));
  ASSERT_TRUE(made) << made.error().ToString();
  EXPECT_EQ(*store_->ReadText(made->made.manifest.Find("train/x.bin")->sha256, 100), "abcdef");
  EXPECT_EQ(*store_->ReadText(made->made.manifest.Find("train/label.bin")->sha256, 100),
            std::string("\0\1\1", 3));
  EXPECT_THAT(Append(base, pictures("cases", {2, 2}, "efgh", std::string("\1", 1))).error().message,
              HasSubstr("column 'x' is a picture of u8; what is appended has none like it"));
}

}  // namespace
}  // namespace sinter
