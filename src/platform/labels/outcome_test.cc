#include "platform/labels/outcome.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace sinter {
namespace {

using ::testing::ElementsAre;

LabelAnswer Says(std::string name) { return {.value = {.classes = {std::move(name)}}}; }
LabelAnswer Skips() { return {.skip = true}; }

// "cat dog | dog": answers, and the decision behind the bar.
ItemOutcome Judge(int64_t labellers, LabelReview review, const std::vector<LabelAnswer>& answers,
                  const LabelAnswer* decision = nullptr) {
  LabellingSpec spec;
  spec.labellers = labellers;
  spec.review = review;
  std::vector<const LabelAnswer*> given;
  given.reserve(answers.size());
  for (const LabelAnswer& answer : answers) given.push_back(&answer);
  return JudgeItem(spec, given, decision);
}
std::string LabelOf(const ItemOutcome& outcome) {
  return outcome.label       ? outcome.label->classes[0]
         : outcome.in_review ? "review"
         : outcome.done      ? "none"
                             : "open";
}

TEST(Outcome, TableOfStates) {
  using enum LabelReview;
  const struct {
    int64_t labellers;
    LabelReview review;
    std::vector<LabelAnswer> answers;
    std::string label;
  } table[] = {
      {1, kNone, {}, "open"},
      {1, kNone, {Says("cat")}, "cat"},
      {1, kNone, {Skips()}, "none"},
      {1, kDisagreements, {Says("cat")}, "cat"},
      {1, kAll, {Says("cat")}, "review"},
      {2, kNone, {Says("cat")}, "open"},
      {2, kNone, {Says("cat"), Says("cat")}, "cat"},
      {2, kNone, {Says("cat"), Says("dog")}, "none"},  // a tie
      {2, kDisagreements, {Says("cat"), Says("dog")}, "review"},
      {2, kDisagreements, {Says("cat"), Skips()}, "review"},
      {2, kDisagreements, {Skips(), Skips()}, "none"},
      {3, kNone, {Says("cat"), Says("dog"), Says("cat")}, "cat"},
      {3, kNone, {Says("cat"), Skips(), Skips()}, "none"},
      {3, kNone, {Says("cat"), Says("dog"), Skips()}, "none"},
      {3, kDisagreements, {Says("cat"), Says("dog"), Says("cat")}, "review"},
      {4, kNone, {Says("cat"), Says("dog"), Says("cat"), Says("dog")}, "none"},
  };
  for (const auto& row : table) {
    EXPECT_EQ(LabelOf(Judge(row.labellers, row.review, row.answers)), row.label)
        << row.labellers << " " << LabelReviewName(row.review);
  }
  // A decision goes before everything, also before answers that are still wanted.
  const LabelAnswer dog = Says("dog"), none = Skips();
  for (const std::vector<LabelAnswer>& answers :
       {std::vector<LabelAnswer>{}, {Says("cat"), Says("cat")}, {Says("cat"), Says("dog")}}) {
    const ItemOutcome outcome = Judge(2, kAll, answers, &dog);
    EXPECT_EQ(LabelOf(outcome), "dog");
    EXPECT_TRUE(outcome.done && outcome.decided && !outcome.in_review);
    EXPECT_EQ(LabelOf(Judge(2, kAll, answers, &none)), "none");
  }
}

TEST(Outcome, OrderOfHandingOut) {
  LabellingSpec spec;
  const std::vector<std::optional<double>> margins = {0.9, std::nullopt, 0.1, 0.5, 0.1};
  EXPECT_THAT(HandingOrder(spec, 5, margins), ElementsAre(0, 1, 2, 3, 4));
  spec.choice = LabelChoice::kActive;
  EXPECT_THAT(HandingOrder(spec, 5, margins), ElementsAre(2, 4, 3, 0, 1));
  spec.choice = LabelChoice::kRandom;
  auto shuffled = HandingOrder(spec, 100, {});
  EXPECT_EQ(shuffled, HandingOrder(spec, 100, {}));
  EXPECT_FALSE(std::ranges::is_sorted(shuffled));
  spec.seed = 2;
  EXPECT_NE(shuffled, HandingOrder(spec, 100, {}));
  const float p[] = {0.2F, 0.5F, 0.3F};
  EXPECT_NEAR(Margin(p), 0.2, 1e-6);
  EXPECT_EQ(Margin(std::span(p, 1)), 1);
}

}  // namespace
}  // namespace sinter
