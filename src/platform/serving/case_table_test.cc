#include "platform/serving/case_table.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "base/file.h"
#include "platform/data/dataset_version.h"
#include "platform/data/features.h"
#include "platform/data/record_trace.h"
#include "platform/serving/testing.h"

namespace sinter {
namespace {

using ::testing::ElementsAre;

class CaseTableTest : public ::testing::Test {
 protected:
  // The version that the cases become.
  std::shared_ptr<const DatasetVersion> Version(const std::vector<HardCase>& cases, bool to_label = true) {
    const auto table = MakeCaseTable(*store_, model_, answers_, cases, to_label);
    EXPECT_TRUE(table) << table.error().ToString();
    if (!table || table->rows == 0) return nullptr;
    const auto id = PutManifest(*store_, table->manifest);
    auto version = DatasetVersion::Open(*store_, *id);
    EXPECT_TRUE(version) << version.error().ToString();
    return version ? *version : nullptr;
  }
  void Table() {
    model_.rows_first = true;
    model_.inputs = {RowsSpec("size", DType::kF32, {}), RowsSpec("colour", DType::kI64, {}, {"red", "green"}),
                     RowsSpec("count", DType::kI32, {})};
    answers_ = {.output = 0, .scores = true, .probabilities = true, .classes = {"cat", "dog"}};
  }
  static HardCase Row(float size, std::string colour, int32_t count, std::string said) {
    return {.number = 1,
            .revision = "1",
            .inputs = {{"size", Tensor::Of<float>({1}, {size}), ""},
                       {"colour", Tensor::Of<int64_t>({1}, {0}), std::move(colour)},
                       {"count", Tensor::Of<int32_t>({1}, {count}), ""}},
            .index = 0,
            .class_name = std::move(said),
            .confidence = 0.5,
            .why = "unsure"};
  }
  std::vector<std::string> Columns(const DatasetVersion& version) {
    std::vector<std::string> columns;
    for (const DatasetColumn& c : version.info().columns)
      columns.push_back(c.name + " " + std::string(ColumnKindName(c.kind)) + (c.missing ? "?" : "") +
                        (c.remark ? " remark" : ""));
    return columns;
  }

  TemporaryFolder folder_;
  std::unique_ptr<BlobStore> store_ = *BlobStore::Open(folder_.path() / "store");
  ModelInterface model_;
  AnswerReader answers_;
};

TEST_F(CaseTableTest, HoldsWholeRows) {
  Table();
  const auto version = Version({Row(1.5f, "green", 7, "dog"), Row(std::nanf(""), "", -2, "cat")});
  ASSERT_NE(version, nullptr);
  EXPECT_THAT(Columns(*version), ElementsAre("size number?", "colour class?", "count number", "label class?",
                                             "said class remark"));
  EXPECT_EQ(version->info().label, "label");
  EXPECT_EQ(version->Number(0, 0, 0), 1.5);
  EXPECT_TRUE(version->Missing(0, 0, 1));
  EXPECT_EQ(version->Class(0, 1, 0), 1);
  EXPECT_TRUE(version->Missing(0, 1, 1));
  EXPECT_EQ(version->Number(0, 2, 1), -2);
  EXPECT_TRUE(version->Missing(0, 3, 0)) << "nobody has labelled it";
  EXPECT_EQ(version->Class(0, 4, 0), 1);
  // What is learned from: the inputs, by their names and in their order.
  EXPECT_THAT(FeatureColumns(version->info().columns, 3), ElementsAre(0, 1, 2));
}

// The same rows, kept under another model, are the same records: who gives them up finds both versions.
TEST_F(CaseTableTest, WhatTheModelSaidIsNoPartOfTheRecord) {
  Table();
  const auto first = Version({Row(1.5f, "green", 7, "dog"), Row(2, "red", 8, "cat")});
  const auto second = Version({Row(3, "red", 9, "cat"), Row(1.5f, "green", 7, "cat")});
  ASSERT_TRUE(first && second);
  auto trace = RecordTrace::Find(first, {.split = "cases", .row = 0});
  ASSERT_TRUE(trace) << trace.error().ToString();
  EXPECT_THAT(trace->columns(), ElementsAre("size", "colour", "count"));
  const auto match = trace->In(*second, {});
  ASSERT_TRUE(match) << match.error().ToString();
  EXPECT_EQ(match->rows, 1);
}

TEST_F(CaseTableTest, LabelledByTheModelItIsNoRemark) {
  Table();
  const auto version = Version({Row(1, "red", 1, "dog")}, false);
  ASSERT_NE(version, nullptr);
  EXPECT_THAT(Columns(*version), ElementsAre("size number", "colour class", "count number", "label class"));
  EXPECT_EQ(version->Class(0, 3, 0), 1);
  ASSERT_TRUE(version->LabelColumn());
  EXPECT_EQ(*version->LabelColumn(), 3u);
}

// A rollout may have brought a model that counts classes in another order, or knows others.
TEST_F(CaseTableTest, ClassesAreKnownByTheirNames) {
  Table();
  HardCase blue = Row(1, "blue", 1, "bird");
  blue.inputs = {blue.inputs[2], blue.inputs[0], blue.inputs[1]};
  const auto version = Version({Row(2, "green", 1, "cat"), blue});
  ASSERT_NE(version, nullptr);
  EXPECT_THAT(version->info().columns[1].classes, ElementsAre("red", "green", "blue"));
  EXPECT_EQ(version->Class(0, 1, 1), 2);
  EXPECT_EQ(version->Number(0, 0, 1), 1);
  EXPECT_TRUE(version->Missing(0, 4, 1)) << "a class that this model does not have";
}

TEST_F(CaseTableTest, WhatCannotStandBesideTheOthersIsLeftOut) {
  model_.rows_first = true;
  model_.inputs = {RowsSpec("label", DType::kU8, {2, 2})};
  answers_ = {.output = 0, .scores = true, .probabilities = true, .classes = {"cat", "dog"}};
  const auto picture = [](Dims dims, int64_t index = 0) {
    return HardCase{.inputs = {{"label", *Tensor::Create(DType::kU8, std::move(dims)), ""}},
                    .index = index,
                    .class_name = index < 0 ? "" : "cat"};
  };
  HardCase other = picture({1, 2, 2});
  other.inputs[0].name = "elsewhere";
  const auto version = Version({other, picture({1, 2, 2}), picture({1, 4, 4}), picture({1, 2, 2}, -1)});
  ASSERT_NE(version, nullptr);
  EXPECT_EQ(version->Rows(0), 1);
  EXPECT_THAT(Columns(*version), ElementsAre("label picture", "label_2 class?", "said class remark"))
      << "an input may be called so";
  EXPECT_EQ(version->info().label, "label_2");
  EXPECT_EQ(Version({other}), nullptr);
  EXPECT_EQ(Version({}), nullptr);
}

TEST_F(CaseTableTest, OfAModelWithoutClassesItHasNoLabel) {
  Table();
  answers_ = {};
  HardCase row = Row(3, "red", 4, "");
  row.index = -1;
  const auto version = Version({row});
  ASSERT_NE(version, nullptr);
  EXPECT_THAT(Columns(*version), ElementsAre("size number", "colour class", "count number"));
}

}  // namespace
}  // namespace sinter
