#include "platform/data/clean.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include <fmt/format.h>

#include "platform/data/import_table.h"
#include "platform/data/testing.h"

namespace sinter {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

class CleanTest : public ::testing::Test {
 protected:
  void SetUp() override {
    store_ = *BlobStore::Open(folder_.path() / "store");
    const Path train = Write("train.csv",
                             "id,age,size,colour,note,species\n"
                             "1,30,1.5,red,a,cat\n"
                             "2,,2.5,blue,b,dog\n"
                             "3,50,,red,,cat\n"
                             "4,41,9,red,c,dog\n"
                             "4,41,9,red,c,cat\n");
    const Path test = Write("test.csv",
                            "id,age,size,colour,note,species\n"
                            "1,30,1.5,red,a,cat\n"
                            "9,1000,,,x@y,catt\n");
    const TableImport import{.splits = {{"train", {train}}, {"test", {test}}},
                             .label = "species",
                             .columns = {{"colour", {ColumnRequest::Type::kClass, {}}},
                                         {"note", {ColumnRequest::Type::kText, {}}}}};
    imported_ = *ImportTables(*store_, import);
    version_ = *DatasetVersion::Open(*store_, imported_.id);
  }
  Path Write(const std::string& name, std::string_view text) {
    SINTER_CHECK(WriteFileAtomically(folder_.path() / name, text).has_value());
    return folder_.path() / name;
  }
  // The steps' reports, then the rows of the version that they make, or the error.
  std::string Clean(std::string_view yaml) {
    const auto steps = ParseCleanSteps(yaml);
    if (!steps) return steps.error().ToString();
    Frame frame(version_);
    const auto reports = ApplySteps(frame, *steps);
    if (!reports) return reports.error().ToString();
    reports_ = *reports;
    const auto made = frame.Write(*store_, imported_.manifest);
    if (!made) return made.error().ToString();
    made_ = *made;
    const auto v = DatasetVersion::Open(*store_, made->id);
    if (!v) return v.error().ToString();
    std::string text;
    for (size_t s = 0; s < (*v)->info().splits.size(); ++s) {
      for (int64_t row = 0; row < (*v)->Rows(s); ++row) {
        for (size_t c = 0; c < (*v)->info().columns.size(); ++c) {
          const Cell cell = (*v)->CellAt(s, c, row);
          text += (c == 0 ? "" : ",") + (cell.kind == Cell::Kind::kMissing ? "-" : CellText(cell));
        }
        text += s == 0 ? "\n" : " (test)\n";
      }
    }
    return text;
  }
  TemporaryFolder folder_;
  std::unique_ptr<BlobStore> store_;
  ImportedDataset imported_, made_;
  std::shared_ptr<const DatasetVersion> version_;
  std::vector<StepReport> reports_;
};

TEST_F(CleanTest, StepAfterStep) {
  EXPECT_EQ(Clean(R"(steps:
  - filter: age is missing or age < 200
  - deduplicate: {by: [id]}
  - fill: {column: age, with: median}
  - fill: {column: size, with: mean}
  - fill: {column: note, value: none}
  - cast: {column: id, to: text}
  - relabel: {column: species, from: {cat: feline, dog: canine}}
  - drop: [colour]
)"),
            "1,30,1.5,a,feline\n"
            "2,41,2.5,b,canine\n"
            "3,50,4.333333333333333,none,feline\n"
            "4,41,9,c,canine\n");
  ASSERT_EQ(reports_.size(), 8u);
  EXPECT_EQ(reports_[0].touched, 1);
  EXPECT_EQ(reports_[0].left, 6);
  ASSERT_EQ(reports_[0].examples.size(), 1u);
  EXPECT_EQ(reports_[0].examples[0].split, "test");
  EXPECT_EQ(reports_[0].examples[0].row, 1);
  EXPECT_EQ(reports_[1].touched, 2);  // of the training split and of the test
  EXPECT_EQ(reports_[2].note, "filled with 41");
  EXPECT_EQ(reports_[2].examples[0].before, "(missing)");
  EXPECT_THAT(made_.info.columns.back().classes, ElementsAre("feline", "catt", "canine"));
  EXPECT_EQ(made_.info.splits[1].rows, 0);
  for (const DatasetColumn& column : made_.info.columns) EXPECT_FALSE(column.missing) << column.name;
}

TEST_F(CleanTest, LabelsMergeAndChangeByCondition) {
  EXPECT_THAT(
      Clean("steps: [{relabel: {column: species, from: {catt: cat}}}, {drop: [age, size, colour, note]}]"),
      HasSubstr("9,cat (test)"));
  EXPECT_THAT(made_.info.columns[1].classes, ElementsAre("cat", "dog"));
  EXPECT_THAT(Clean("steps: [{relabel: {column: species, where: size > 5, to: lion}}, {drop: [age, size, "
                    "colour, note]}]"),
              HasSubstr("4,lion\n4,lion\n"));
  EXPECT_EQ(made_.info.label, "species");
  EXPECT_EQ(reports_[0].touched, 2);
}

TEST_F(CleanTest, MasksAndCasts) {
  EXPECT_THAT(Clean("steps: [{mask: {column: note, where: note contains '@'}}, {mask: {column: age}}]"),
              HasSubstr("9,-,-,-,-,catt (test)"));
  EXPECT_EQ(reports_[1].touched, 6);
  EXPECT_THAT(Clean("steps: [{cast: {column: note, to: i64, otherwise: missing}}]"),
              HasSubstr("1,30,1.5,red,-,cat\n"));
  EXPECT_EQ(Clean("steps: [{cast: {column: note, to: i64}}]"),
            "step 1 (line 1): split train, row 0, column 'note': 'a' is no whole number of 64 bits "
            "('otherwise: missing' "
            "makes such values missing)");
  EXPECT_THAT(Clean("steps: [{cast: {column: age, to: 'class:30|41|50|1000'}}]"), HasSubstr("1,30,1.5"));
  EXPECT_THAT(made_.info.columns[1].classes, ElementsAre("30", "41", "50", "1000"));
}

TEST_F(CleanTest, PersonalDataAreMasked) {
  const Path path =
      Write("p.csv", "note,label\nmail ann@example.org,a\ncall 13812345678 or bob@example.org,b\n\"\",a\n");
  const TableImport import{.splits = {{"train", {path}}},
                           .columns = {{"note", {ColumnRequest::Type::kText, {}}}}};
  imported_ = *ImportTables(*store_, import);
  version_ = *DatasetVersion::Open(*store_, imported_.id);
  EXPECT_EQ(Clean("steps: [{mask: {column: note, what: [mail]}}]"),
            "mail [mail],a\ncall 13812345678 or [mail],b\n,a\n");
  EXPECT_EQ(reports_[0].touched, 2);
  EXPECT_EQ(Clean("steps: [{mask: {column: note, what: all, where: label == 'b'}}]"),
            "mail ann@example.org,a\ncall [phone] or [mail],b\n,a\n");
  EXPECT_THAT(Clean("steps: [{mask: {column: label, what: all}}]"), HasSubstr("masked in texts"));
  EXPECT_THAT(Clean("steps: [{mask: {column: note, what: [face]}}]"), HasSubstr("'face' is no kind"));
}

TEST_F(CleanTest, NamesAreMaskedInColumnsOfNames) {
  const Path path = Write("n.csv",
                          "contact_name,note,label\nYuki Tanaka,Yuki Tanaka,a\nAcme Ltd,my name is Yuki,b\n"
                          "Ximena Paz,,a\nLee Ray,,a\nJan Grube,,b\n");
  const TableImport import{.splits = {{"train", {path}}},
                           .columns = {{"contact_name", {ColumnRequest::Type::kText, {}}},
                                       {"note", {ColumnRequest::Type::kText, {}}}}};
  imported_ = *ImportTables(*store_, import);
  version_ = *DatasetVersion::Open(*store_, imported_.id);
  EXPECT_EQ(Clean("steps: [{mask: {column: contact_name, what: [name]}}, {mask: {column: note, what: all}}]"),
            "[name],Yuki Tanaka,a\nAcme Ltd,my name is [name],b\n[name],-,a\n[name],-,a\n[name],-,b\n");
  // Other kinds alone leave them.
  EXPECT_THAT(Clean("steps: [{mask: {column: contact_name, what: [mail]}}]"), HasSubstr("Yuki Tanaka,Yuki"));
}

TEST_F(CleanTest, TheSameStepsOnTheSameVersionAreTheSameVersion) {
  const char* steps = "steps: [deduplicate, {fill: {column: colour, with: mode}}]";
  Clean(steps);
  const Sha256Digest first = made_.id;
  // Written otherwise.
  Clean("steps:\n- deduplicate: {}\n- fill:\n    with: mode\n    column: 'colour'\n");
  EXPECT_EQ(made_.id, first);
  EXPECT_EQ(CleanStepJson(reports_[0].step), CleanStepJson((*ParseCleanSteps(steps))[0]));
  // Nothing touched: the version itself.
  Clean("steps: [{filter: id > 0}]");
  EXPECT_EQ(made_.id, imported_.id);
}

TEST_F(CleanTest, WhatDoesNotChangeCostsNoBytes) {
  Clean("steps: [{fill: {column: size, value: 0}}]");
  const auto same = [&](const std::string& path) {
    return made_.manifest.Find(path)->sha256 == imported_.manifest.Find(path)->sha256;
  };
  EXPECT_TRUE(same("train/note.offsets") && same("train/age.missing") && same("test/species.bin"));
  EXPECT_FALSE(same("train/size.bin"));
}

TEST_F(CleanTest, PicturesKeepTheirRows) {
  WriteSplit(folder_.path(), "train", 6, 3);
  WriteSplit(folder_.path(), "t10k", 4, 3, 3);
  imported_ = *ImportIdx(*store_, {*FindIdxSplits(folder_.path()), {"a", "b", "c"}});
  version_ = *DatasetVersion::Open(*store_, imported_.id);
  Clean("steps: [{filter: label != 'b'}, deduplicate]");
  const auto v = *DatasetVersion::Open(*store_, made_.id);
  EXPECT_EQ(v->Rows(0), 4);
  EXPECT_EQ(v->Rows(1), 1);  // of 3..6, 4 is a 'b', and 3 and 5 stand in the training split
  EXPECT_THAT(v->Row(0, 0, 1), ::testing::Each(std::byte{2}));
  EXPECT_THAT(v->Row(1, 0, 0), ::testing::Each(std::byte{6}));
}

TEST_F(CleanTest, ErrorsSayWhichStep) {
  EXPECT_THAT(Clean("steps:\n  - deduplicate\n  - drop: [q]\n"),
              HasSubstr("step 2 (line 3): there is no column 'q'"));
  EXPECT_THAT(Clean("steps: [{filter: age == 'x'}]"),
              HasSubstr("step 1 (line 1): column 'age' holds numbers"));
  EXPECT_THAT(Clean("steps: [{fill: {column: note, with: mean}}]"), HasSubstr("it has no mean"));
  EXPECT_THAT(Clean("steps: [{fill: {column: age, value: old}}]"), HasSubstr("'old' is no whole number"));
  EXPECT_THAT(Clean("steps: [{relabel: {column: species, from: {lion: cat}}}]"),
              HasSubstr("no class 'lion'"));
  EXPECT_THAT(Clean("steps: [{relabel: {column: age, from: {30: 31}}}]"), HasSubstr("have no names"));
  EXPECT_THAT(Clean("steps: [{filter: age > 1e9}]"), HasSubstr("no row is left"));
  EXPECT_THAT(Clean("steps: [{drop: [id, age, size, colour, note, species]}]"),
              HasSubstr("no column is left"));
}

TEST_F(CleanTest, BadFilesSayLineAndColumn) {
  EXPECT_THAT(Clean("steps:\n  - explode: [a]\n"), HasSubstr("line 2, column 5: there is no step 'explode'"));
  EXPECT_THAT(Clean("steps:\n  - filter: age >\n"), HasSubstr("line 2, column 13: character 6"));
  EXPECT_THAT(Clean("steps:\n  - fill: {column: a, with: max}\n"), HasSubstr("none of mean, median, mode"));
  EXPECT_THAT(Clean("steps: [{fill: {column: a}}]"), HasSubstr("either 'with' or 'value'"));
  EXPECT_THAT(Clean("steps: [{fill: {column: a, to: b}}]"), HasSubstr("'to' is unknown here"));
  EXPECT_THAT(Clean("steps: [{cast: {column: a, to: date}}]"), HasSubstr("'date' is no type"));
  EXPECT_THAT(Clean("steps: [{cast: {column: a}}]"), HasSubstr("'to' is missing"));
  EXPECT_THAT(Clean("steps: [{relabel: {column: a, to: b}}]"),
              HasSubstr("either 'from', or 'where' and 'to'"));
  EXPECT_THAT(Clean("steps: [{drop: [a, a]}]"), HasSubstr("stands twice"));
  EXPECT_THAT(Clean("steps: [filter]"), HasSubstr("needs a condition"));
  EXPECT_THAT(Clean("steps: [mask]"), HasSubstr("'column' is missing"));
  EXPECT_THAT(Clean("steps: [forget]"), HasSubstr("'columns' is missing"));
  EXPECT_THAT(Clean("steps: [{forget: {columns: [id]}}]"), HasSubstr("'records' is missing"));
  EXPECT_THAT(Clean("steps: [{forget: {columns: [id], records: [2c]}}]"), HasSubstr("64 lower-case"));
  EXPECT_THAT(Clean("steps: []"), HasSubstr("there is no step"));
  EXPECT_THAT(Clean("stops: []"), HasSubstr("a list called 'steps'"));
}

}  // namespace
}  // namespace sinter
