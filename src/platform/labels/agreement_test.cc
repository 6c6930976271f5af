#include "platform/labels/agreement.h"

#include <gtest/gtest.h>

namespace sinter {
namespace {

LabelValue OfClass(std::string name) { return {.classes = {std::move(name)}}; }
LabelValue OfText(std::string text) { return {.text = std::move(text)}; }

std::vector<std::pair<int64_t, int64_t>> Repeat(
    std::initializer_list<std::pair<int, std::pair<int64_t, int64_t>>> table) {
  std::vector<std::pair<int64_t, int64_t>> items;
  for (const auto& [times, pair] : table) items.insert(items.end(), static_cast<size_t>(times), pair);
  return items;
}

TEST(Agreement, CohensKappa) {
  // Two readers of 50 proposals, the textbook's example: 0.7 observed, 0.5 expected.
  const Kappa kappa = CohenKappa(Repeat({{20, {1, 1}}, {5, {1, 0}}, {10, {0, 1}}, {15, {0, 0}}}));
  EXPECT_NEAR(kappa.observed, 0.7, 1e-12);
  EXPECT_NEAR(kappa.expected, 0.5, 1e-12);
  EXPECT_NEAR(*kappa.value, 0.4, 1e-12);
  EXPECT_EQ(kappa.items, 50);
  // Seven of ten the same; by chance (2*2 + 3*3 + 3*4 + 2*1) / 100 of them. sklearn's cohen_kappa_score
  // agrees.
  const std::vector<std::pair<int64_t, int64_t>> ten = {{0, 0}, {1, 2}, {2, 2}, {2, 2}, {1, 1},
                                                        {0, 1}, {3, 3}, {3, 0}, {2, 2}, {1, 1}};
  EXPECT_NEAR(*CohenKappa(ten).value, (0.7 - 0.27) / (1 - 0.27), 1e-12);
  // Worse than chance; in perfect agreement; and where nothing can be said.
  EXPECT_NEAR(*CohenKappa(Repeat({{5, {0, 1}}, {5, {1, 0}}})).value, -1, 1e-12);
  EXPECT_NEAR(*CohenKappa(Repeat({{5, {0, 0}}, {5, {1, 1}}})).value, 1, 1e-12);
  EXPECT_FALSE(CohenKappa(Repeat({{5, {0, 0}}})).value);
  EXPECT_FALSE(CohenKappa({}).value);
}

TEST(Agreement, FleissKappa) {
  // Fourteen psychiatrists, ten patients, five diagnoses: the example that is copied from Fleiss (1971).
  const std::vector<std::vector<int64_t>> counts = {
      {0, 0, 0, 0, 14}, {0, 2, 6, 4, 2}, {0, 0, 3, 5, 6}, {0, 3, 9, 2, 0}, {2, 2, 8, 1, 1},
      {7, 7, 0, 0, 0},  {3, 2, 6, 3, 0}, {2, 5, 3, 2, 2}, {6, 5, 2, 1, 0}, {0, 2, 2, 3, 7}};
  const Kappa kappa = FleissKappa(counts, 14);
  EXPECT_NEAR(kappa.observed, 0.378, 5e-4);
  EXPECT_NEAR(kappa.expected, 0.213, 5e-4);
  EXPECT_NEAR(*kappa.value, 0.20993070442195522, 1e-12);  // statsmodels' fleiss_kappa
  EXPECT_EQ(kappa.items, 10);
  // Rows may end early: categories behind them are 0.
  const std::vector<std::vector<int64_t>> two = {{2}, {0, 2}, {1, 1}};
  EXPECT_NEAR(*FleissKappa(two, 2).value, 1.0 / 3, 1e-12);
  EXPECT_FALSE(FleissKappa(std::vector<std::vector<int64_t>>{{2}, {2}}, 2).value);
  EXPECT_FALSE(FleissKappa(counts, 1).value);
  EXPECT_FALSE(FleissKappa({}, 2).value);
}

TEST(Agreement, ClassesAndSets) {
  EXPECT_EQ(LabelAgreement(LabelTask::kClassification, OfClass("a"), OfClass("a")), 1);
  EXPECT_EQ(LabelAgreement(LabelTask::kClassification, OfClass("a"), OfClass("b")), 0);
  const LabelValue ab{.classes = {"a", "b"}}, bc{.classes = {"b", "c"}}, none;
  EXPECT_DOUBLE_EQ(LabelAgreement(LabelTask::kMultilabel, ab, bc), 1.0 / 3);
  EXPECT_EQ(LabelAgreement(LabelTask::kMultilabel, none, none), 1);
  EXPECT_EQ(LabelAgreement(LabelTask::kMultilabel, none, ab), 0);
  EXPECT_TRUE(SameLabel(LabelTask::kMultilabel, ab, ab));
}

TEST(Agreement, BoxesMatchByOverlap) {
  const LabelBox box{"cat", 0, 0, 0.5, 0.5};
  EXPECT_DOUBLE_EQ(BoxOverlap(box, {"cat", 0.25, 0, 0.5, 0.5}), 1.0 / 3);
  EXPECT_EQ(BoxOverlap(box, {"cat", 0.5, 0, 0.5, 0.5}), 0);
  EXPECT_EQ(BoxOverlap({"cat", 0, 0, 1e-200, 1e-200}, {"cat", 0, 0, 1e-200, 1e-200}), 0);  // no division
  const LabelValue one{.boxes = {box}}, near{.boxes = {{"cat", 0.1, 0, 0.5, 0.5}}},
      far{.boxes = {{"cat", 0.3, 0, 0.5, 0.5}}}, dog{.boxes = {{"dog", 0, 0, 0.5, 0.5}}};
  EXPECT_TRUE(SameLabel(LabelTask::kBoxes, one, near));  // 0.667
  EXPECT_EQ(LabelAgreement(LabelTask::kBoxes, one, far), 0);
  EXPECT_EQ(LabelAgreement(LabelTask::kBoxes, one, dog), 0);
  // Two boxes of one side compete for the one of the other: the better one gets it.
  const LabelValue two{.boxes = {near.boxes[0], box}};
  EXPECT_DOUBLE_EQ(LabelAgreement(LabelTask::kBoxes, one, two), 2.0 / 3);
  EXPECT_DOUBLE_EQ(LabelAgreement(LabelTask::kBoxes, two, one), 2.0 / 3);
  EXPECT_TRUE(SameLabel(LabelTask::kBoxes, LabelValue(), LabelValue()));
}

TEST(Agreement, SpansAreExact) {
  const LabelValue a{.spans = {{"PERSON", 0, 5}, {"PLACE", 9, 14}}};
  const LabelValue b{.spans = {{"PERSON", 0, 5}, {"PLACE", 9, 13}}};
  EXPECT_DOUBLE_EQ(LabelAgreement(LabelTask::kSpans, a, b), 0.5);
  EXPECT_TRUE(SameLabel(LabelTask::kSpans, a, a));
}

TEST(Agreement, TranscriptsByWords) {
  EXPECT_DOUBLE_EQ(*WordErrorRate("the cat sat on the mat", "the cat sat on a mat"), 1.0 / 6);
  EXPECT_DOUBLE_EQ(*WordErrorRate("the cat sat", "the the cat sat down now"), 1);  // three more
  EXPECT_DOUBLE_EQ(*WordErrorRate("a b c d", "b c d"), 0.25);
  EXPECT_FALSE(WordErrorRate(" ", "a"));
  EXPECT_TRUE(SameLabel(LabelTask::kTranscript, OfText("a  b\n"), OfText("a b")));
  EXPECT_DOUBLE_EQ(LabelAgreement(LabelTask::kTranscript, OfText("a b c d"), OfText("a x c")), 0.5);
  EXPECT_EQ(LabelAgreement(LabelTask::kTranscript, OfText(""), OfText("")), 1);
  EXPECT_EQ(LabelAgreement(LabelTask::kTranscript, OfText(""), OfText("a")), 0);
}

}  // namespace
}  // namespace sinter
