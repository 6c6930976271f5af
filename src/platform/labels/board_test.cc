#include "platform/labels/board.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace sinter {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

constexpr Nanoseconds kNow{0}, kLater = LabelBoard::kInHand + Nanoseconds(1);

LabelBoard Board(int items, int64_t labellers, LabelChoice choice = LabelChoice::kInOrder) {
  LabellingPlan plan;
  plan.spec.labellers = labellers;
  plan.spec.choice = choice;
  for (int i = 0; i < items; ++i) plan.items.push_back({i, false});
  return {std::move(plan), {}};
}
void Say(LabelBoard& board, int64_t item, std::string who, int64_t revision, std::string label = "cat",
         bool withdrawn = false) {
  board.SetAnswer(
      item,
      {std::move(who), {.value = {.classes = {std::move(label)}}, .withdrawn = withdrawn}, 0, revision});
}

TEST(Board, TwoPeopleNeverHaveTheSameItemBeyondWhatIsWanted) {
  LabelBoard board = Board(4, 1);
  EXPECT_THAT(board.HandOut("ana", 2, kNow), ElementsAre(0, 1));
  EXPECT_THAT(board.HandOut("bo", 3, kNow), ElementsAre(2, 3));
  EXPECT_THAT(board.HandOut("cy", 3, kNow), IsEmpty());
  EXPECT_EQ(board.Left("cy"), 4);  // they may come free
  // Who asks again has the same ones in hand.
  EXPECT_THAT(board.HandOut("ana", 2, kNow), ElementsAre(0, 1));
  EXPECT_THAT(board.Reserve(2, "ana", kNow).error().message, HasSubstr("others have it in hand"));
  Say(board, 0, "ana", 1);
  EXPECT_THAT(board.HandOut("ana", 2, kNow), ElementsAre(1));
  EXPECT_EQ(board.Left("ana"), 3);
  // After ten minutes what nobody answered is anybody's.
  EXPECT_THAT(board.HandOut("cy", 9, kLater), ElementsAre(1, 2, 3));
}

TEST(Board, AsManyAnswersAsWanted) {
  LabelBoard board = Board(2, 2);
  EXPECT_THAT(board.HandOut("ana", 9, kNow), ElementsAre(0, 1));
  EXPECT_THAT(board.HandOut("bo", 9, kNow), ElementsAre(0, 1));
  EXPECT_THAT(board.HandOut("cy", 9, kNow), IsEmpty());
  Say(board, 0, "ana", 1);
  EXPECT_FALSE(board.outcome(0).done);
  Say(board, 0, "bo", 2);
  EXPECT_TRUE(board.outcome(0).done);
  EXPECT_FALSE(board.Reserve(0, "cy", kLater));
  EXPECT_TRUE(board.Reserve(0, "bo", kLater));  // changes the answer
  EXPECT_TRUE(board.Reserve(1, "cy", kLater));
  const BoardCounts counts = board.Counts();
  EXPECT_EQ(counts.done, 1);
  EXPECT_EQ(counts.answers, 2);
}

TEST(Board, WithdrawnAnswersComeBack) {
  LabelBoard board = Board(3, 1);
  Say(board, 0, "ana", 1);
  Say(board, 1, "ana", 2);
  Say(board, 0, "ana", 3, "dog");  // changed: it is the last now
  EXPECT_EQ(board.LastOf("ana"), 0);
  Say(board, 0, "ana", 4, "dog", true);
  EXPECT_EQ(board.LastOf("ana"), 1);
  EXPECT_EQ(board.AnswerOf(0, "ana"), nullptr);
  EXPECT_EQ(board.Counts().answers, 1);
  board.PutInHand(0, "ana", kNow);
  EXPECT_THAT(board.HandOut("ana", 1, kNow), ElementsAre(0));
  // What was read late changes nothing.
  Say(board, 0, "ana", 2, "cat");
  EXPECT_EQ(board.AnswerOf(0, "ana"), nullptr);
  EXPECT_EQ(board.LastOf("bo"), std::nullopt);
}

TEST(Board, TheLeastCertainFirst) {
  LabelBoard board = Board(3, 1, LabelChoice::kActive);
  EXPECT_THAT(board.HandOut("ana", 3, kNow), ElementsAre(0, 1, 2));  // nothing is known yet
  board.SetPrelabels(0, {Prelabel{{}, 0.9, 0.8}, std::nullopt, Prelabel{{}, 0.5, 0.1}});
  EXPECT_THAT(board.HandOut("bo", 3, kLater), ElementsAre(2, 0, 1));
  EXPECT_EQ(board.Counts().prelabels, 2);
}

TEST(Board, DecisionsEndIt) {
  LabelBoard board = Board(3, 2);
  board.SetDecision(1, {{.value = {.classes = {"dog"}}}, "rev", 0, 5});
  EXPECT_TRUE(board.outcome(1).decided);
  EXPECT_THAT(board.HandOut("ana", 9, kNow), ElementsAre(0, 2));
  EXPECT_THAT(board.Reserve(1, "ana", kNow).error().message, HasSubstr("is decided"));
  EXPECT_THAT(board.ForReview(0, 10), ElementsAre(1));
  EXPECT_THAT(board.ForReview(2, 10), IsEmpty());
}

TEST(Board, AgreementOfPairs) {
  LabelBoard board = Board(1, 3);
  EXPECT_FALSE(board.agreement(0));
  Say(board, 0, "a", 1, "cat");
  EXPECT_FALSE(board.agreement(0));
  Say(board, 0, "b", 2, "cat");
  EXPECT_EQ(board.agreement(0), 1);
  Say(board, 0, "c", 3, "dog");
  EXPECT_DOUBLE_EQ(*board.agreement(0), 1.0 / 3);
}

}  // namespace
}  // namespace sinter
