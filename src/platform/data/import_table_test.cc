#include "platform/data/import_table.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>

#include <fmt/format.h>

#include "platform/data/dataset_version.h"
#include "platform/data/testing.h"

namespace sinter {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

class ImportTableTest : public ::testing::Test {
 protected:
  void SetUp() override { store_ = *BlobStore::Open(folder_.path() / "store"); }
  Path Write(const std::string& name, std::string_view text) {
    const Path path = folder_.path() / name;
    SINTER_CHECK(MakeFolders(path.parent_path()).has_value());
    SINTER_CHECK(WriteFileAtomically(path, text).has_value());
    return path;
  }
  std::shared_ptr<const DatasetVersion> Import(const TableImport& import) {
    auto imported = ImportTables(*store_, import);
    SINTER_CHECK(imported.has_value() || (fmt::print("{}\n", imported.error().ToString()), false));
    auto version = DatasetVersion::Open(*store_, imported->id);
    SINTER_CHECK(version.has_value() || (fmt::print("{}\n", version.error().ToString()), false));
    return *version;
  }
  std::string Why(const TableImport& import) {
    auto imported = ImportTables(*store_, import);
    return imported ? "accepted" : imported.error().ToString();
  }
  size_t Blobs() {
    size_t n = 0;
    EXPECT_TRUE(store_->ForEach([&](const BlobInfo&) -> Status { return ++n, Status(); }));
    return n;
  }
  // All cells of a row, "-" where missing.
  static std::string RowText(const DatasetVersion& v, size_t split, int64_t row) {
    std::string text;
    for (size_t c = 0; c < v.info().columns.size(); ++c) {
      const Cell cell = v.CellAt(split, c, row);
      text += (c == 0 ? "" : " ") + (cell.kind == Cell::Kind::kMissing ? "-" : CellText(cell));
    }
    return text;
  }
  TemporaryFolder folder_;
  std::unique_ptr<BlobStore> store_;
};

TEST_F(ImportTableTest, EveryKindOfColumnComesBack) {
  const Path train = Write("t.csv",
                           "id,size (cm),colour,note,label\n"
                           "1,1.5,red,\"hello, world\",yes\n"
                           "2,,red,,no\n"
                           "3,2,blue,\"\",yes\n"
                           "4,NA,blue,ünï,no\n"
                           ",1e3,,x,yes\n");
  const Path test = Write("u.csv", "id,size (cm),colour,note,label\n9,0,red,t,no\n");
  const auto v = Import({.splits = {{"train", {train}}, {"test", {test}}}});
  std::vector<std::string> kinds;
  for (const DatasetColumn& c : v->info().columns)
    kinds.push_back(
        fmt::format("{} {} {}{}", c.name, ColumnKindName(c.kind), DTypeName(c.dtype), c.missing ? "?" : ""));
  EXPECT_THAT(kinds, ElementsAre("id number i64?", "size (cm) number f64?", "colour class u8?",
                                 "note text u8?", "label class u8"));
  EXPECT_EQ(v->info().label, "label");
  EXPECT_EQ(RowText(*v, 0, 0), "1 1.5 red hello, world yes");
  EXPECT_EQ(RowText(*v, 0, 1), "2 - red - no");
  EXPECT_EQ(RowText(*v, 0, 2), "3 2 blue  yes");
  EXPECT_EQ(RowText(*v, 0, 3), "4 - blue ünï no");
  EXPECT_EQ(RowText(*v, 0, 4), "- 1000 - x yes");
  EXPECT_EQ(RowText(*v, 1, 0), "9 0 red t no");
  EXPECT_EQ(*v->LabelColumn(), 4u);
  EXPECT_FALSE(v->FeatureColumn());
  EXPECT_EQ(v->Class(0, 2, 4), -1);
  EXPECT_EQ(v->Text(0, 3, 0), "hello, world");
}

TEST_F(ImportTableTest, MarksOfNoValueAreMissingInClassesToo) {
  const Path path =
      Write("m.csv", "n,c,t,label\n1,NA,NA,p\nNA,x,null,q\nnull,y,a,NA\n4,None,b,p\n,\" \",c,q\n6,x,d,NaN\n");
  std::map<std::string, ColumnRequest> columns;
  columns["c"].type = ColumnRequest::Type::kClass;
  columns["t"].type = ColumnRequest::Type::kText;
  const auto v = Import({.splits = {{"train", {path}}}, .columns = columns});
  EXPECT_THAT(v->info().columns[1].classes, ElementsAre("None", "x", "y"));
  EXPECT_THAT(v->info().columns[3].classes, ElementsAre("p", "q"));
  EXPECT_EQ(RowText(*v, 0, 0), "1 - NA p");
  EXPECT_EQ(RowText(*v, 0, 1), "- x null q");
  EXPECT_EQ(RowText(*v, 0, 2), "- y a -");
  EXPECT_EQ(RowText(*v, 0, 3), "4 None b p");
  EXPECT_EQ(RowText(*v, 0, 4), "- - c q");
  EXPECT_EQ(RowText(*v, 0, 5), "6 x d -");
  // A version of before, in which NA was a class: the same file is still the same version.
  columns["c"].classes = {"NA", " ", "None", "x", "y"};
  const auto before = Import({.splits = {{"train", {path}}}, .columns = columns});
  EXPECT_EQ(RowText(*before, 0, 0), "1 NA NA p");
  EXPECT_EQ(Import({.splits = {{"train", {path}}}, .earlier = before->info()})->id(), before->id());
}

// A column of classes that nobody called the label is not taken for it, be it the only one.
TEST_F(ImportTableTest, ATablesLabelIsNotGuessed) {
  const Path path = Write("s.csv", "size,sex\n1,f\n2,m\n3,f\n4,m\n5,f\n6,m\n");
  const auto without = Import({.splits = {{"train", {path}}}});
  EXPECT_EQ(without->info().columns[1].kind, ColumnKind::kClass);
  EXPECT_EQ(without->info().label, "");
  EXPECT_THAT(without->LabelColumn().error().ToString(), HasSubstr("--label COLUMN"));
  const auto named = Import({.splits = {{"train", {path}}}, .label = "sex"});
  EXPECT_EQ(*named->LabelColumn(), 1u);
  EXPECT_NE(named->id(), without->id());
  // Beside pictures the classes are what is to be predicted.
  const DatasetColumn picture{.name = "picture", .kind = ColumnKind::kPicture},
      classes{.name = "c", .kind = ColumnKind::kClass};
  EXPECT_EQ(FindLabel(std::vector{picture, classes}, ""), 1u);
  EXPECT_EQ(FindLabel(std::vector{picture, classes}, "other"), std::nullopt);
  EXPECT_EQ(FindLabel(std::vector{picture}, ""), std::nullopt);
}

// A version that came from elsewhere and whose files do not say what dataset.json says.
TEST_F(ImportTableTest, AVersionThatLiesIsNotOpened) {
  const Path path = Write("a.csv", "n,t\n1,ab\n,c\n3,\n");
  const TableImport import{.splits = {{"train", {path}}},
                           .columns = {{"t", {ColumnRequest::Type::kText, {}}}}};
  const auto imported = ImportTables(*store_, import);
  ASSERT_TRUE(imported);
  const auto with = [&](const std::string& file, std::string_view bytes) {
    std::vector<ManifestFile> files = imported->manifest.files;
    const BlobInfo blob = *store_->Put(bytes);
    for (ManifestFile& f : files) {
      if (f.path == file) f = {file, blob.size, blob.digest};
    }
    auto version = DatasetVersion::Open(*store_, *PutManifest(*store_, *Manifest::Make(std::move(files))));
    return version ? std::string("opened") : version.error().message;
  };
  const auto offsets = [](std::vector<uint64_t> values) {
    return std::string(reinterpret_cast<const char*>(values.data()), values.size() * sizeof values[0]);
  };
  EXPECT_EQ(with("train/t.offsets", offsets({0, 2, 3, 3})), "opened");
  EXPECT_EQ(with("train/t.offsets", offsets({0, 3, 2, 3})), "train/t.offsets: row 1 ends before it begins");
  EXPECT_EQ(with("train/t.offsets", offsets({0, UINT64_MAX, 3, 3})),
            "train/t.offsets: row 0 ends before it begins");
  EXPECT_EQ(with("train/t.offsets", offsets({1, 2, 3, 3})), "train/t.offsets: not from 0 to 3");
  EXPECT_EQ(with("train/t.offsets", offsets({0, 2, 3, 4})), "train/t.offsets: not from 0 to 3");
  EXPECT_EQ(with("train/t.offsets", "x"), "train/t.offsets: 3 rows need 32 bytes, 1 are there");
  EXPECT_EQ(with("train/t.bin", "\xff\xfe\xfd"), "train/t.bin: row 0 is no UTF-8");
  EXPECT_EQ(with("train/n.missing", std::string_view("\0\2\0", 3)),
            "train/n.missing: a byte is neither 0 nor 1");
}

TEST_F(ImportTableTest, JsonLinesAndCsvOfTheSameRowsAreTheSameVersion) {
  const Path csv = Write("a.csv", "n,t,b,target\n1,x,true,0\n2.5,y y,false,1\n,z,true,0\n");
  const Path json = Write("a.jsonl",
                          "{\"n\":1,\"t\":\"x\",\"b\":true,\"target\":0}\n"
                          "{\"n\":2.5,\"t\":\"y y\",\"b\":false,\"target\":1}\n"
                          "{\"n\":null,\"t\":\"z\",\"b\":true,\"target\":0}\n");
  const TableImport first{.splits = {{"", {csv}}}, .columns = {{"b", {ColumnRequest::Type::kClass, {}}}}};
  TableImport second = first;
  second.splits = {{"", {json}}};
  EXPECT_EQ(Import(first)->id(), Import(second)->id());
}

TEST_F(ImportTableTest, ParquetAsPyarrowWroteIt) {
  const Path source = Path(SINTER_SOURCE_DIR) / "fuzz/corpus/parquet/v2_zstd";
  const Path path = folder_.path() / "some.parquet";
  std::filesystem::copy_file(source, path);
  const auto reader = OpenTableFile(path);
  ASSERT_TRUE(reader) << reader.error().ToString();
  const auto v = Import({.splits = {{"train", {path}}}});
  ASSERT_EQ(v->info().columns.size(), (*reader)->fields().size());
  TableBatch batch;
  ASSERT_TRUE((*reader)->Next(batch, 100'000));
  ASSERT_GT(batch.rows, 0u);
  bool any = false;
  std::string filled;  // a column with a value
  for (size_t c = 0; c < batch.columns.size(); ++c) {
    for (size_t r = 0; r < batch.rows; ++r) {
      if (batch.columns[c].missing[r] == 0) filled = (*reader)->fields()[c].name;
      const Cell given = CellOf(batch.columns[c], (*reader)->fields()[c].type, r);
      EXPECT_EQ(CellText(v->CellAt(0, c, static_cast<int64_t>(r))), CellText(given)) << c << " " << r;
      any = any || given.kind == Cell::Kind::kMissing;
    }
  }
  EXPECT_TRUE(any);
  const TableImport wrong{.splits = {{"train", {path}}},
                          .columns = {{filled, {ColumnRequest::Type::kClass, {"none such"}}}}};
  EXPECT_THAT(Why(wrong), HasSubstr("some.parquet: row "));
  const Path lists = folder_.path() / "lists.parquet";
  std::filesystem::copy_file(Path(SINTER_SOURCE_DIR) / "fuzz/corpus/parquet/nested", lists);
  EXPECT_THAT(Why({.splits = {{"train", {lists}}}}), HasSubstr("lists.parquet: column "));
}

TEST_F(ImportTableTest, AgainCostsNoBytesAndIsTheSameVersion) {
  const Path path = Write("a.csv", "a,b\n1,x\n2,y\n3,x\n4,y\n");
  const auto first = Import({.splits = {{"", {path}}}});
  const size_t blobs = Blobs();
  const auto second = Import({.splits = {{"", {path}}}, .earlier = first->info()});
  EXPECT_EQ(first->id(), second->id());
  EXPECT_EQ(Blobs(), blobs);
}

// A thousand rows; then as many again in front, between and behind, one of which makes a column of numbers
// one of texts, and labels are corrected: no row of the first thousand changes its split.
TEST_F(ImportTableTest, NoRowMovesWhenOthersComeOrLabelsChange) {
  std::string before = "x,y,label\n", after = before;
  for (int i = 0; i < 1000; ++i) {
    before += fmt::format("{},{:.2f},{}\n", i, i * 0.5, i % 2 == 0 ? "a" : "b");
    after += fmt::format("{},{},new\n", -i - 1, i == 500 ? "unknown" : "7.50");
    after += fmt::format("{},{:.2f},{}\n", i, i * 0.5, i % 3 == 0 ? "a" : "c");
  }
  const auto test_rows = [&](const DatasetVersion& v) {
    std::set<int64_t> ids;
    for (int64_t row = 0; row < v.Rows(1); ++row) {
      const auto x = static_cast<int64_t>(v.Number(1, 0, row));
      if (x >= 0) ids.insert(x);
    }
    return ids;
  };
  const auto first = Import({.splits = {{"", {Write("before.csv", before)}}}});
  const auto second = Import({.splits = {{"", {Write("after.csv", after)}}}, .earlier = first->info()});
  EXPECT_EQ(second->info().columns[1].kind, ColumnKind::kText);
  EXPECT_EQ(test_rows(*first), test_rows(*second));
  EXPECT_NEAR(static_cast<double>(first->Rows(1)), 200, 60);
  EXPECT_EQ(second->Rows(0) + second->Rows(1), 2000);
  EXPECT_THAT(second->info().columns[2].classes, ElementsAre("a", "b", "c", "new"));
}

TEST_F(ImportTableTest, RowsOfOneKeyStayTogether) {
  std::string text = "patient,value\n";
  for (int i = 0; i < 400; ++i) text += fmt::format("p{},{}\n", i % 40, i);
  const auto v = Import({.splits = {{"", {Write("a.csv", text)}}}, .test_share = 0.5, .key = "patient"});
  std::set<std::string_view> sides[2];
  for (const size_t s : {0, 1}) {
    for (int64_t row = 0; row < v->Rows(s); ++row)
      sides[s].insert(v->info().columns[0].classes[static_cast<size_t>(v->Class(s, 0, row))]);
  }
  EXPECT_EQ(sides[0].size() + sides[1].size(), 40u);
  EXPECT_FALSE(sides[0].empty() || sides[1].empty());
}

TEST_F(ImportTableTest, MoreColumnsThanAreWrittenAtOnce) {
  std::string header = "c0", row = "0";
  for (int i = 1; i < 150; ++i) {
    header += fmt::format(",c{}", i);
    row += fmt::format(",{}", i);
  }
  const auto v = Import({.splits = {{"train", {Write("a.csv", header + "\n" + row + "\n" + row + "\n")}}}});
  ASSERT_EQ(v->info().columns.size(), 150u);
  EXPECT_EQ(v->Number(0, 149, 1), 149);
}

TEST_F(ImportTableTest, RefusalsNameFileLineAndColumn) {
  const Path path = Write("a.csv", "a,b\n1,x\n2,y\n\n\"3\n\",z\nfour,x\n");
  const auto with = [&](std::map<std::string, ColumnRequest> columns, int64_t sample = 0) {
    return Why({.splits = {{"", {path}}}, .columns = std::move(columns), .sample = sample});
  };
  EXPECT_THAT(with({{"a", {ColumnRequest::Type::kF64, {}}}}),
              HasSubstr("a.csv: line 5, column 'a': '3\n' is no number"));
  EXPECT_THAT(with({}, 2), HasSubstr("a.csv: line 5, column 'a': '3\n' is no whole number"));
  EXPECT_THAT(with({{"b", {ColumnRequest::Type::kClass, {"x", "y"}}}}),
              HasSubstr("line 5, column 'b': 'z' is none of the 2 classes"));
  EXPECT_THAT(with({{"c", {}}}), HasSubstr("no column 'c' (there are a, b)"));
  EXPECT_THAT(with({{"a", {ColumnRequest::Type::kDrop, {}}}, {"b", {ColumnRequest::Type::kDrop, {}}}}),
              HasSubstr("every column is dropped"));
  EXPECT_THAT(Why({.splits = {{"", {path}}}, .label = "q"}), HasSubstr("no column 'q'"));
  EXPECT_THAT(Why({.splits = {{"", {path}}}, .test_share = 1}), HasSubstr("test share"));
  EXPECT_THAT(Why({.splits = {{"../x", {path}}}}), HasSubstr("letters"));
  EXPECT_THAT(Why({.splits = {{"", {Write("e.csv", "a,b\n")}}}}), HasSubstr("no rows"));
  EXPECT_THAT(Why({.splits = {{"train", {path}}, {"test", {Write("c.csv", "a,c\n1,2\n")}}}}),
              HasSubstr("c.csv: the column 'c' is not in the files before"));
  EXPECT_THAT(Why({.splits = {{"train", {path}}, {"test", {Write("d.csv", "a\n1\n")}}}}),
              HasSubstr("d.csv has 1 columns, the files before have 2"));
  EXPECT_THAT(Why({.splits = {{"", {folder_.path() / "none.csv"}}}}), HasSubstr("none.csv"));
}

TEST_F(ImportTableTest, StopsWhenAsked) {
  const Path path = Write("a.csv", "a\n1\n2\n");
  CancelSource source;
  source.Cancel();
  auto imported = ImportTables(*store_, {.splits = {{"", {path}}}}, source.token());
  ASSERT_FALSE(imported);
  EXPECT_EQ(imported.error().code, ErrorCode::kCancelled);
}

TEST_F(ImportTableTest, FoldersBecomeSplits) {
  Write("two/train.csv", "a\n1\n");
  Write("two/test.csv.gz", "a\n1\n");
  Write("two/README.md", "no table");
  Write("parts/2.jsonl", "{}");
  Write("parts/1.jsonl", "{}");
  const auto two = *FindTableSplits({folder_.path() / "two"});
  ASSERT_EQ(two.size(), 2u);
  EXPECT_EQ(two[0].name, "train");
  EXPECT_EQ(two[1].name, "test");
  const auto parts = *FindTableSplits({folder_.path() / "parts"});
  ASSERT_EQ(parts.size(), 1u);
  EXPECT_EQ(parts[0].name, "");
  EXPECT_THAT(parts[0].files,
              ElementsAre(folder_.path() / "parts/1.jsonl", folder_.path() / "parts/2.jsonl"));
  EXPECT_THAT(FindTableSplits({folder_.path() / "store"}).error().message, HasSubstr("no tables"));
}

}  // namespace
}  // namespace sinter
