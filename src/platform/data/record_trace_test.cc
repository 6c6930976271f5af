#include "platform/data/record_trace.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include <fmt/format.h>

#include "platform/data/clean.h"
#include "platform/data/import_table.h"
#include "platform/data/testing.h"

namespace sinter {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

class RecordTraceTest : public ::testing::Test {
 protected:
  struct Made {
    ImportedDataset imported;
    std::shared_ptr<const DatasetVersion> version;
  };
  void SetUp() override { store_ = *BlobStore::Open(folder_.path() / "store"); }
  Made Import(std::string_view csv, std::string_view test = "") {
    const Path train = folder_.path() / "train.csv", other = folder_.path() / "test.csv";
    SINTER_CHECK(WriteFileAtomically(train, csv).has_value());
    TableImport import{.splits = {{"train", {train}}}, .label = "species"};
    if (!test.empty()) {
      SINTER_CHECK(WriteFileAtomically(other, test).has_value());
      import.splits.push_back({"test", {other}});
    }
    const auto imported = ImportTables(*store_, import);
    SINTER_CHECK(imported.has_value());
    return {*imported, *DatasetVersion::Open(*store_, imported->id)};
  }
  Made Clean(const Made& from, std::string_view yaml) {
    Frame frame(from.version);
    const auto reports = ApplySteps(frame, *ParseCleanSteps(yaml));
    EXPECT_TRUE(reports) << reports.error().ToString();
    const ImportedDataset made = *frame.Write(*store_, from.imported.manifest);
    return {made, *DatasetVersion::Open(*store_, made.id)};
  }
  static RecordTrace Where(const Made& made, std::string_view condition) {
    auto trace = RecordTrace::Find(made.version, {*Filter::Parse(condition), {}, -1});
    EXPECT_TRUE(trace) << trace.error().ToString();
    return *std::move(trace);
  }
  // "ROWS POSSIBLE: column column", and where.
  static std::string In(RecordTrace& trace, const Made& other, const std::vector<std::string>& aside = {}) {
    const auto match = trace.In(*other.version, aside);
    if (!match) return match.error().ToString();
    std::string text = fmt::format("{} {}{}:", match->rows, match->possible, match->too_little ? " ?" : "");
    for (const std::string& column : match->compared) text += " " + column;
    for (const NamedRow& row : match->examples) text += fmt::format(", {} {}", row.split, row.row);
    return text;
  }
  TemporaryFolder folder_;
  std::unique_ptr<BlobStore> store_;
};

constexpr std::string_view kPeople =
    "id,name,age,species\n"
    "1,Ann,30,cat\n"
    "2,Bob,,dog\n"
    "3,Cid,50,cat\n"
    "4,Dan,30,dog\n";

TEST_F(RecordTraceTest, ARecordIsWhatItSaysButForItsLabel) {
  const Made people = Import(kPeople);
  RecordTrace trace = Where(people, "name == 'Ann' or age is missing");
  EXPECT_THAT(trace.columns(), ElementsAre("id", "name", "age"));
  EXPECT_EQ(trace.records().size(), 2u);
  EXPECT_EQ(In(trace, people), "2 0: id name age, train 0, train 1");
  // In another order, of other types ("x" makes a text of the ages), in another split, with other labels.
  const Made later =
      Import("species,age,name,id\ndog,x,Eve,5\nbird,30.0,Ann,1\n", "species,age,name,id\ncat,NA,Bob,2\n");
  EXPECT_EQ(In(trace, later), "2 0: id name age, train 1, test 0");
  EXPECT_EQ(In(trace, Import("id,name,age,species\n1,Ann,31,cat\n2,Bobby,,dog\n")), "0 0: id name age");
}

TEST_F(RecordTraceTest, WhereOnlyTheLabelTellsRowsApartItIsPartOfTheRecord) {
  const Made petals = Import("petal,species\n1.4,cat\n1.4,dog\n1.4,cat\n2,cat\n");
  RecordTrace trace = Where(petals, "petal == 1.4 and species == 'dog'");
  EXPECT_THAT(trace.columns(), ElementsAre("petal", "species"));
  EXPECT_EQ(In(trace, petals), "1 0: petal species, train 1");
  RecordTrace both = Where(petals, "petal < 2");
  EXPECT_THAT(both.columns(), ElementsAre("petal"));
  EXPECT_EQ(both.records().size(), 1u);
  EXPECT_EQ(both.rows(), 3);
}

TEST_F(RecordTraceTest, RowsThatSayTheSameAreTheRecordToo) {
  const Made people = Import("id,species\n7,cat\n8,dog\n7,cat\n", "id,species\n7,cat\n");
  RecordTrace trace = *RecordTrace::Find(people.version, {std::nullopt, "test", 0});
  EXPECT_EQ(trace.chosen(), 1);
  EXPECT_EQ(trace.rows(), 3);
  EXPECT_EQ(In(trace, people), "3 0: id, train 0, train 2, test 0");
}

TEST_F(RecordTraceTest, ColumnsThatWereDroppedOrAddedAreNotCompared) {
  const Made people = Import(kPeople);
  RecordTrace trace = Where(people, "id in (1, 3)");
  EXPECT_EQ(In(trace, Clean(people, "steps: [{drop: [name]}]")), "2 0: id age, train 0, train 2");
  EXPECT_EQ(In(trace, Import("id,name,age,mail,species\n3,Cid,50,c@d.org,cat\n")),
            "1 0: id name age, train 0");
  // Without the id another row of people says what the record says: it may be either.
  RecordTrace young = Where(Import("id,age,size,species\n1,30,5,cat\n2,30,5,dog\n3,50,5,dog\n"), "id != 2");
  EXPECT_EQ(In(young, Import("age,size,species\n30,5,cat\n50,5,cat\n")), "1 1: age size, train 0, train 1");
  // One of three columns proves nothing.
  EXPECT_EQ(In(trace, Clean(people, "steps: [{drop: [name, id]}]")), "0 0 ?: age");
  EXPECT_EQ(In(trace, Import("colour,species\nred,cat\n")), "0 0 ?:");
}

TEST_F(RecordTraceTest, WhatAStepChangedIsLeftAsideWhereItIsKnown) {
  const Made people = Import(kPeople);
  RecordTrace trace = Where(people, "id == 2");
  const Made filled = Clean(people, "steps: [{fill: {column: age, with: median}}]");
  EXPECT_EQ(In(trace, filled), "0 0: id name age");
  EXPECT_EQ(In(trace, filled, {"age"}), "1 0: id name, train 1");
  EXPECT_EQ(In(trace, Clean(people, "steps: [{relabel: {column: species, from: {dog: wolf}}}]")),
            "1 0: id name age, train 1");
}

TEST_F(RecordTraceTest, ARowThatSaysNothingInWhatIsComparedIsNoRecord) {
  const Made notes = Import("id,note,species\n1,,cat\n2,,dog\n3,x,dog\n");
  RecordTrace trace = Where(notes, "id == 1");
  EXPECT_EQ(In(trace, Clean(notes, "steps: [{drop: [id]}]")), "0 0: note");
}

TEST_F(RecordTraceTest, PicturesAreComparedByTheirBytes) {
  WriteSplit(folder_.path(), "train", 6, 3);
  WriteSplit(folder_.path(), "t10k", 4, 3, 3);  // 3, 4, 5 stand in the training split too
  const auto imported = *ImportIdx(*store_, {*FindIdxSplits(folder_.path()), {"a", "b", "c"}});
  const Made pictures{imported, *DatasetVersion::Open(*store_, imported.id)};
  RecordTrace trace = *RecordTrace::Find(pictures.version, {std::nullopt, "", 4});
  EXPECT_EQ(trace.rows(), 2);
  EXPECT_EQ(In(trace, Clean(pictures, "steps: [{filter: label == 'b'}]")), "2 0: image, train 1, test 0");
}

TEST_F(RecordTraceTest, TheStepForgetsThemInLaterVersionsToo) {
  const Made people = Import(kPeople);
  RecordTrace trace = Where(people, "name in ('Ann', 'Dan')");
  const CleanStep step = ForgetStep(trace.columns(), {trace.records().rbegin(), trace.records().rend()});
  const std::string text = ForgetStepText(step);
  EXPECT_EQ(text.find("Ann"), text.npos);
  const auto read = *ParseCleanSteps(text);
  EXPECT_EQ(read[0].records, step.records);
  EXPECT_EQ(CleanStepJson(read[0]), CleanStepJson(step));
  const Made without = Clean(people, text);
  EXPECT_EQ(without.version->Rows(0), 2);
  EXPECT_EQ(In(trace, without), "0 0: id name age");
  // The file comes again, grown, and one label corrected.
  const Made later = Import(std::string(kPeople) + "5,Eve,20,dog\n");
  const Made again =
      Clean(Clean(later, "steps: [{relabel: {column: species, where: id == 1, to: dog}}]"), text);
  EXPECT_EQ(again.version->Rows(0), 3);
  EXPECT_EQ(In(trace, again), "0 0: id name age");
}

TEST(ForgetStep, AnyColumnsNameIsWrittenAndReadAgain) {
  for (const char* name : {"a b", "a: b #", "\"'\\", "\xE5\xA7\x93\xE5\x90\x8D", "tab\tline\nend", "\x7f",
                           "\xC2\x85\xE2\x80\xA8", "\xEF\xBB\xBF", "\xF0\x9F\x98\x80", "123", "~"}) {
    const CleanStep step = ForgetStep({name, "b"}, {HashText("x"), HashText("y"), HashText("x")});
    const auto read = ParseCleanSteps(ForgetStepText(step));
    ASSERT_TRUE(read) << name << read.error().ToString();
    EXPECT_EQ((*read)[0].columns, step.columns);
    EXPECT_EQ((*read)[0].records.size(), 2u);
  }
}

TEST(ForgetStep, HoldsSoManyRecordsAtMost) {
  std::vector<Sha256Digest> records;
  records.reserve(kMostRecords + 1);
  for (size_t i = 0; i < kMostRecords; ++i) records.push_back(HashText(std::to_string(i)));
  EXPECT_TRUE(ParseCleanSteps(ForgetStepText(ForgetStep({"a"}, records))));
  records.push_back(HashText("one more"));
  const auto refused = ParseCleanSteps(ForgetStepText(ForgetStep({"a"}, records)));
  ASSERT_FALSE(refused);
  EXPECT_THAT(refused.error().message, HasSubstr("more than 10,000 records"));
}

TEST_F(RecordTraceTest, WhatIsNotThereIsSaid) {
  const Made people = Import(kPeople);
  const auto error = [&](const RecordChoice& choice) {
    const auto found = RecordTrace::Find(people.version, choice);
    return found ? "none" : found.error().ToString();
  };
  RecordTrace none = Where(people, "name == 'Zoe'");
  EXPECT_EQ(none.rows(), 0);
  EXPECT_EQ(In(none, people), "0 0:");
  EXPECT_THAT(error({*Filter::Parse("nose == 1"), {}, -1}), HasSubstr("no column 'nose'"));
  EXPECT_THAT(error({std::nullopt, "train", 4}), HasSubstr("there is no row 4 in the split train"));
  EXPECT_THAT(error({std::nullopt, "dev", 0}), HasSubstr("no split 'dev'"));
  CancelSource source;
  source.Cancel();
  EXPECT_EQ(
      RecordTrace::Find(people.version, {*Filter::Parse("id > 0"), {}, -1}, source.token()).error().code,
      ErrorCode::kCancelled);
}

TEST_F(RecordTraceTest, OnlySoManyAreFollowed) {
  std::string csv = "id,species\n";
  for (size_t i = 0; i < kMostRecords + 2; ++i) csv += fmt::format("{},cat\n", i);
  const Made many = Import(csv);
  EXPECT_EQ(Where(many, "id > 1").rows(), static_cast<int64_t>(kMostRecords));
  const auto found = RecordTrace::Find(many.version, {*Filter::Parse("id > 0"), {}, -1});
  EXPECT_THAT(found.error().message, HasSubstr("more than 10000 rows"));
}

}  // namespace
}  // namespace sinter
