#include "platform/data/suspects.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fmt/format.h>

#include "platform/data/import_table.h"

namespace sinter {
namespace {

using ::testing::HasSubstr;

// Gives each row the probability that its column "p" names for the class "yes".
class ColumnPredictor final : public Predictor {
 public:
  explicit ColumnPredictor(std::vector<std::string> classes) : classes_(std::move(classes)) {}
  const std::vector<std::string>& classes() const override { return classes_; }
  Result<std::vector<float>> Predict(const DatasetVersion& version, size_t split, int64_t begin,
                                     int64_t count) override {
    TRY(const size_t p, version.ColumnIndex("p"));
    std::vector<float> out;
    for (int64_t row = begin; row < begin + count; ++row) {
      out.push_back(static_cast<float>(version.Number(split, p, row)));
      out.push_back(1 - out.back());
    }
    return out;
  }

 private:
  std::vector<std::string> classes_;
};

TEST(Suspects, ConfidentDisagreementAlone) {
  TemporaryFolder folder;
  const auto store = *BlobStore::Open(folder.path() / "store");
  // The model gives "yes" 0.9 on average where it is the label, and "no" 0.8.
  std::string text = "p,label\n";
  for (int i = 0; i < 300; ++i) text += "0.9,yes\n0.2,no\n";
  text += "0.95,no\n";   // row 600: suspect, more than 0.9
  text += "0.6,no\n";    // another class, and not confident
  text += "0.02,yes\n";  // suspect, and clearer
  text += "0.01,\n";     // no label
  text += "0.01,maybe\n";
  const Path path = folder.path() / "a.csv";
  ASSERT_TRUE(WriteFileAtomically(path, text));
  const auto imported = ImportTables(*store, {.splits = {{"train", {path}}}});
  ASSERT_TRUE(imported) << imported.error().ToString();
  const auto version = *DatasetVersion::Open(*store, imported->id);
  ColumnPredictor predictor({"yes", "no"});
  const auto report = FindSuspectLabels(*version, predictor);
  ASSERT_TRUE(report) << report.error().ToString();
  EXPECT_EQ(report->splits[0].rows, 603);
  EXPECT_EQ(report->splits[0].differing, 3);
  EXPECT_EQ(report->splits[0].suspects, 2);
  ASSERT_EQ(report->examples.size(), 2u);
  EXPECT_EQ(report->examples[0].row, 602);
  EXPECT_EQ(report->examples[0].predicted, "no");
  EXPECT_EQ(report->examples[1].row, 600);
  EXPECT_EQ(report->examples[1].label, "no");
  EXPECT_NEAR(report->examples[1].probability, 0.95, 1e-6);
  ColumnPredictor strange({"cat", "dog"});
  EXPECT_THAT(FindSuspectLabels(*version, strange).error().message,
              HasSubstr("none of the classes of 'label'"));
  CancelSource source;
  source.Cancel();
  EXPECT_EQ(FindSuspectLabels(*version, predictor, source.token()).error().code, ErrorCode::kCancelled);
}

}  // namespace
}  // namespace sinter
