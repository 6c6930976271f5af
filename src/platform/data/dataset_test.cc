#include "platform/data/dataset.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/file.h"
#include "platform/data/classes.h"

namespace sinter {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;

DatasetInfo Sample() {
  return {{{"image", ColumnKind::kPicture, DType::kU8, {28, 28}, {}, false, "image"},
           {"label", ColumnKind::kClass, DType::kU8, {}, {"cat", "dog"}, false, "label"}},
          {{"train", 100}, {"test", 0}},
          ""};
}

DatasetInfo Table() {
  DatasetInfo info{{{"petal (cm)", ColumnKind::kNumber, DType::kF64, {}, {}, true},
                    {"petal_cm", ColumnKind::kNumber, DType::kI64, {}, {}, true},
                    {"花", ColumnKind::kText, DType::kU8, {}, {}, false},
                    {"petal [cm]", ColumnKind::kClass, DType::kU8, {}, {"a"}, true},
                    {"species", ColumnKind::kClass, DType::kU8, {}, {"x", "y"}, false}},
                   {{"train", 3}},
                   "species"};
  NameFiles(info.columns);
  return info;
}

TEST(Dataset, DescriptionRoundTrips) {
  const std::string text = DatasetText(Sample());
  auto back = ParseDataset(text);
  ASSERT_TRUE(back) << back.error().ToString();
  EXPECT_EQ(*back, Sample());
  EXPECT_EQ(DatasetText(*back), text);
  EXPECT_EQ(Sample().columns[0].RowBytes(), 784u);
}

// What needs no more than v1 is written as v1: versions keep their ids.
TEST(Dataset, PicturesAndClassesAreWrittenAsBefore) {
  EXPECT_EQ(
      DatasetText(Sample()),
      R"({"columns":[{"dtype":"u8","kind":"picture","name":"image","shape":[28,28]},)"
      R"({"classes":["cat","dog"],"dtype":"u8","kind":"class","name":"label","shape":[]}],)"
      R"("format":"sinter.dataset.v1","splits":[{"name":"train","rows":100},{"name":"test","rows":0}]})");
}

TEST(Dataset, TablesRoundTripInTheNextFormat) {
  const DatasetInfo table = Table();
  const std::string text = DatasetText(table);
  EXPECT_THAT(text, HasSubstr("sinter.dataset.v2"));
  auto back = ParseDataset(text);
  ASSERT_TRUE(back) << back.error().ToString();
  EXPECT_EQ(*back, table);
  std::vector<std::string> files;
  files.reserve(table.columns.size());
  for (const DatasetColumn& column : table.columns) files.push_back(column.file);
  EXPECT_THAT(files, ElementsAre("petal_cm_2", "petal_cm", "column", "petal_cm_3", "species"));
  EXPECT_FALSE(table.columns[0].HasMask());
  EXPECT_TRUE(table.columns[1].HasMask());
}

TEST(Dataset, ARemarkIsSaidWhereThereIsOne) {
  DatasetInfo info{
      .columns = {{"x", ColumnKind::kNumber, DType::kF64}, {"said", ColumnKind::kNumber, DType::kF64}},
      .splits = {{"cases", 1}}};
  NameFiles(info.columns);
  EXPECT_THAT(DatasetText(info), Not(HasSubstr("remark"))) << "other versions are written as before";
  info.columns[1].remark = true;
  const auto back = ParseDataset(DatasetText(info));
  ASSERT_TRUE(back) << back.error().ToString();
  EXPECT_EQ(*back, info);
}

TEST(Dataset, BadTablesSayWhy) {
  const std::string text = DatasetText(Table());
  auto with = [&](std::string_view from, std::string_view to) {
    std::string t = text;
    t.replace(t.find(from), from.size(), to);
    auto info = ParseDataset(t);
    return info ? std::string("accepted") : info.error().message;
  };
  EXPECT_THAT(with("dataset.v2", "dataset.v1"), HasSubstr("'name' must be letters"));
  EXPECT_THAT(with("\"label\":\"species\"", "\"label\":\"petal_cm\""), HasSubstr("no column of classes"));
  EXPECT_THAT(with("\"f64\"", "\"f32\""), HasSubstr("i64 or f64"));
  EXPECT_THAT(with("petal_cm_2", "petal_cm"), HasSubstr("twice"));
  EXPECT_THAT(with("petal_cm_2", "../x"), HasSubstr("letters"));
  EXPECT_THAT(with("\"number\"", "\"vector\""), HasSubstr("not offered"));
  EXPECT_THAT(with("\"kind\":\"text\"", "\"kind\":\"sound\""), HasSubstr("number or text"));
  EXPECT_THAT(with("petal (cm)", ""), HasSubstr("empty"));
}

TEST(Dataset, BadDescriptionsSayWhy) {
  const std::string text = DatasetText(Sample());
  auto with = [&](std::string_view from, std::string_view to) {
    std::string t = text;
    t.replace(t.find(from), from.size(), to);
    auto info = ParseDataset(t);
    return info ? std::string("accepted") : info.error().message;
  };
  EXPECT_THAT(with("[28,28]", "[28,0]"), HasSubstr("sizes above 0"));
  EXPECT_THAT(with("[28,28]", "[4294967296,4294967296]"), HasSubstr("2^32"));
  EXPECT_THAT(with("[28,28]", "[28]"), HasSubstr("[height, width]"));
  EXPECT_THAT(with("\"u8\"", "\"u9\""), HasSubstr("dtype"));
  EXPECT_THAT(with("\"u8\"", "\"str\""), HasSubstr("dtype"));
  EXPECT_THAT(with("\"rows\":100", "\"rows\":-1"), HasSubstr("negative"));
  EXPECT_THAT(with("\"rows\":100", "\"rows\":9223372036854775807"), HasSubstr("claims"));
  EXPECT_THAT(with("\"name\":\"train\"", "\"name\":\"../x\""), HasSubstr("letters"));
  EXPECT_THAT(with("\"name\":\"train\"", "\"name\":\"test\""), HasSubstr("twice"));
  EXPECT_THAT(with("\"name\":\"label\"", "\"name\":\"image\""), HasSubstr("twice"));
  EXPECT_THAT(with("[\"cat\",\"dog\"]", "[]"), HasSubstr("1 to 65,536"));
  EXPECT_THAT(with("dataset.v1", "dataset.v7"), HasSubstr("v7"));
  EXPECT_FALSE(ParseDataset("{}"));
  EXPECT_FALSE(ParseDataset(text.substr(0, text.size() / 2)));
}

TEST(Classes, FromAListAFileOrTheOptionItself) {
  TemporaryFolder folder;
  EXPECT_EQ(ReadClasses("fashion-mnist")->at(9), "Ankle boot");
  EXPECT_THAT(*ReadClasses("cat, dog"), ElementsAre("cat", "dog"));
  const Path path = folder.path() / "names";
  ASSERT_TRUE(WriteFileAtomically(path, "cat\r\nbig dog\n"));
  EXPECT_THAT(*ReadClasses(path.string()), ElementsAre("cat", "big dog"));
  ASSERT_TRUE(WriteFileAtomically(path, "cat\n\ndog\n"));
  EXPECT_FALSE(ReadClasses(path.string()));
  EXPECT_THAT(ReadClasses("cat,cat").error().message, HasSubstr("twice"));
  EXPECT_THAT(ReadClasses("nothing-such").error().hint, HasSubstr("fashion-mnist"));
}

}  // namespace
}  // namespace sinter
