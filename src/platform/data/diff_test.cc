#include "platform/data/diff.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <nlohmann/json.hpp>

#include "platform/data/import_table.h"

namespace sinter {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

class DiffTest : public ::testing::Test {
 protected:
  void SetUp() override { store_ = *BlobStore::Open(folder_.path() / "store"); }
  std::shared_ptr<const DatasetVersion> Make(std::string_view train, std::string_view test) {
    TableImport import;
    if (train.starts_with("id,t")) import.columns["t"] = {ColumnRequest::Type::kText, {}};
    for (const auto& [name, text] : {std::pair("train", train), std::pair("test", test)}) {
      const Path path = folder_.path() / fmt::format("{}.csv", name);
      SINTER_CHECK(WriteFileAtomically(path, text).has_value());
      import.splits.push_back({name, {path}});
    }
    auto imported = ImportTables(*store_, import);
    EXPECT_TRUE(imported) << imported.error().ToString();
    return *DatasetVersion::Open(*store_, imported->id);
  }
  static std::string Text(const DatasetDiff& d) {
    std::string text = fmt::format("same {} added {} removed {} changed {} moved {}", d.same, d.added,
                                   d.removed, d.changed, d.moved);
    for (const RowChange& r : d.examples) {
      text +=
          fmt::format("\n{} {} {} {} -> {} {}", r.what, r.key, r.before_split, r.before_row, r.split, r.row);
      if (!r.columns.empty()) text += fmt::format(" {}", fmt::join(r.columns, " "));
    }
    return text;
  }
  TemporaryFolder folder_;
  std::unique_ptr<BlobStore> store_;
};

TEST_F(DiffTest, ByContentAndByKey) {
  const auto before = Make("id,t,label\n1,a,x\n2,b,y\n3,c,x\n3,c,x\n", "id,t,label\n4,d,y\n5,e,x\n");
  const auto after = Make("id,t,label\n2,b,y\n1,a,y\n3,c,x\n5,e,x\n", "id,t,label\n4,d,y\n6,f,z\n");
  const auto content = DiffDatasets(*before, *after, "");
  ASSERT_TRUE(content) << content.error().ToString();
  EXPECT_EQ(Text(*content),
            "same 4 added 2 removed 2 changed 0 moved 1\n"
            "added   -1 -> train 1\n"
            "moved  test 1 -> train 3\n"
            "added   -1 -> test 1\n"
            "removed  train 0 ->  -1\n"
            "removed  train 3 ->  -1");
  EXPECT_THAT(content->changed_columns, ElementsAre("label: class u8 of 2 classes -> class u8 of 3 classes"));
  EXPECT_EQ(content->splits[0].before, 4);
  EXPECT_EQ(content->splits[0].classes[0], std::pair(std::string("x"), std::pair(int64_t{3}, int64_t{2})));
  const Json json = DiffJson(*content);
  EXPECT_EQ(json["rows"]["moved"], 1);
  EXPECT_EQ(json["examples"][0]["after"]["row"], 1);

  EXPECT_THAT(DiffDatasets(*before, *after, "id").error().message,
              HasSubstr("the key '3' stands twice in the version before"));
  const auto single = Make("id,t,label\n1,a,x\n2,b,y\n3,c,x\n", "id,t,label\n4,d,y\n5,e,x\n");
  const auto keyed = DiffDatasets(*single, *after, "id");
  ASSERT_TRUE(keyed) << keyed.error().ToString();
  EXPECT_EQ(Text(*keyed),
            "same 4 added 1 removed 0 changed 1 moved 1\n"
            "changed 1 train 0 -> train 1 label\n"
            "moved 5 test 1 -> train 3\n"
            "added 6  -1 -> test 1");
}

TEST_F(DiffTest, ColumnsThatCameAndWent) {
  const auto before = Make("id,t\n1,a\n2,b\n", "id,t\n3,c\n");
  const auto after = Make("id,u\n1,5\n2.5,6\n", "id,u\n3,7\n");
  const auto diff = DiffDatasets(*before, *after, "");
  ASSERT_TRUE(diff) << diff.error().ToString();
  EXPECT_THAT(diff->removed_columns, ElementsAre("t"));
  EXPECT_THAT(diff->added_columns, ElementsAre("u"));
  EXPECT_THAT(diff->changed_columns, ElementsAre("id: number i64 -> number f64"));
  EXPECT_EQ(diff->same, 2);  // of what both have
  EXPECT_EQ(DiffDatasets(*before, *before, "")->same, 3);
  EXPECT_THAT(DiffDatasets(*before, *after, "t").error().message, HasSubstr("no column 't'"));
  const auto strange = Make("v\n1\n", "v\n2\n");
  EXPECT_THAT(DiffDatasets(*before, *strange, "").error().message, HasSubstr("no column in common"));
}

}  // namespace
}  // namespace sinter
