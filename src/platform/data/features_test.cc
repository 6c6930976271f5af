#include "platform/data/features.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>

#include "platform/data/import_table.h"

namespace sinter {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

class FeaturesTest : public ::testing::Test {
 protected:
  void SetUp() override {
    const Path train =
        Write("train.csv",
              "a,colour,note,b,y\n1,red,n,1000000000,p\n3,blue,n,1000000002,q\n,red,n,1000000001,p\n"
              "5,,n,1000000001,\n");
    const Path test = Write("test.csv", "a,colour,note,b,y\n7,blue,n,5,q\n");
    auto imported = ImportTables(*store_, {.splits = {{"train", {train}}, {"test", {test}}},
                                           .label = "y",
                                           .columns = {{"colour", {ColumnRequest::Type::kClass, {}}},
                                                       {"note", {ColumnRequest::Type::kText, {}}}}});
    ASSERT_TRUE(imported) << imported.error().ToString();
    version_ = *DatasetVersion::Open(*store_, imported->id);
  }
  Path Write(const std::string& name, std::string_view text) {
    SINTER_CHECK(WriteFileAtomically(folder_.path() / name, text).has_value());
    return folder_.path() / name;
  }
  std::string Why(const std::vector<std::string>& names, std::string_view train = "train") {
    const auto read = ReadFeatures(*version_, names, train, "test");
    return read ? "read" : read.error().message;
  }
  TemporaryFolder folder_;
  std::unique_ptr<BlobStore> store_ = *BlobStore::Open(folder_.path() / "store");
  std::shared_ptr<const DatasetVersion> version_;
};

TEST_F(FeaturesTest, NumbersAndClassesWithTheTrainingSplitsFigures) {
  const auto table = ReadFeatures(*version_, {}, "train", "test");
  ASSERT_TRUE(table) << table.error().ToString();
  ASSERT_EQ(table->features.size(), 3u);  // no text, no label
  EXPECT_EQ(table->features[0].mean, 2);
  EXPECT_EQ(table->features[0].deviation, 1);
  EXPECT_THAT(table->features[1].classes, ElementsAre("blue", "red"));
  EXPECT_EQ(table->features[2].mean, 1000000001);
  EXPECT_NEAR(table->features[2].deviation, std::sqrt(2.0 / 3), 1e-12);
  EXPECT_THAT(table->train.labels, ElementsAre(0, 1, 0));
  EXPECT_EQ(table->train.left_out, 1);
  ASSERT_EQ(table->train.values.size(), 9u);
  EXPECT_THAT(std::vector(table->train.values.begin(), table->train.values.begin() + 6),
              ElementsAre(1, 1, 1000000000, 3, 0, 1000000002));
  EXPECT_TRUE(std::isnan(table->train.values[6]));
  EXPECT_THAT(table->test.values, ElementsAre(7, 0, 5));
  EXPECT_THAT(table->classes, ElementsAre("p", "q"));
}

TEST_F(FeaturesTest, NamedAndRefused) {
  EXPECT_EQ(ReadFeatures(*version_, {"b", "a"}, "train", "test")->features[0].name, "b");
  EXPECT_THAT(Why({"c"}), HasSubstr("no column 'c'"));
  EXPECT_THAT(Why({"note"}), HasSubstr("column 'note' is a text"));
  EXPECT_THAT(Why({"y"}), HasSubstr("'y' is the label"));
  EXPECT_THAT(Why({}, "other"), HasSubstr("no split 'other'"));
}

}  // namespace
}  // namespace sinter
