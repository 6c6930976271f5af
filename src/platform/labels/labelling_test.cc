#include "platform/labels/labelling.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "platform/labels/testing.h"

namespace sinter {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

class LabellingPlanTest : public ::testing::Test {
 protected:
  void SetUp() override {
    home_ = *Home::Open(folder_.path() / "home");
    const auto added = AddAnimals(*home_, 50);
    ASSERT_TRUE(added) << added.error().ToString();
    version_ = *DatasetVersion::Open(home_->store(), added->id);
  }
  Result<LabellingPlan> Plan(Json more) {
    more["dataset"] = "animals@1";
    TRY(LabellingSpec spec, ReadLabellingSpec(more));
    return PlanLabelling(std::move(spec), *version_);
  }
  std::string Refused(const Json& more) {
    const auto plan = Plan(more);
    return plan ? "" : plan.error().ToString();
  }
  static std::vector<int64_t> Rows(const LabellingPlan& plan) {
    std::vector<int64_t> rows;
    rows.reserve(plan.items.size());
    for (const LabelItem& item : plan.items) rows.push_back(item.row);
    return rows;
  }
  TemporaryFolder folder_;
  std::unique_ptr<Home> home_;
  std::shared_ptr<const DatasetVersion> version_;
};

TEST_F(LabellingPlanTest, WhatIsLeftOutFollows) {
  const auto plan = Plan(Json::object());
  ASSERT_TRUE(plan) << plan.error().ToString();
  EXPECT_EQ(plan->spec.split, "train");
  EXPECT_EQ(plan->spec.column, "label");
  EXPECT_EQ(plan->spec.content, "note");
  EXPECT_THAT(plan->spec.rules.classes, ElementsAre("cat", "dog"));
  EXPECT_EQ(plan->items.size(), 50u);
  // What is kept reads back to the same.
  const auto again = ReadLabellingSpec(LabellingSpecJson(plan->spec));
  ASSERT_TRUE(again) << again.error().ToString();
  EXPECT_EQ(LabellingSpecJson(*again), LabellingSpecJson(plan->spec));
  const auto spans = Plan({{"task", "spans"}, {"classes", {"PERSON"}}, {"split", "test"}});
  ASSERT_TRUE(spans) << spans.error().ToString();
  EXPECT_EQ(spans->spec.column, "labels");
  EXPECT_EQ(spans->items.size(), 2u);
}

TEST_F(LabellingPlanTest, WhichRows) {
  EXPECT_THAT(Rows(*Plan({{"rows", {{"list", {7, 3}}}}})), ElementsAre(3, 7));
  EXPECT_THAT(Rows(*Plan({{"rows", {{"where", "missing label"}}}})),
              ElementsAre(4, 9, 14, 19, 24, 29, 34, 39, 44, 49));
  EXPECT_THAT(Rows(*Plan({{"rows", {{"where", "p < 0.02"}}}})), ElementsAre(0, 1));
  const auto drawn = Rows(*Plan({{"rows", {{"count", 10}, {"seed", 3}}}}));
  EXPECT_EQ(drawn.size(), 10u);
  EXPECT_TRUE(std::ranges::is_sorted(drawn));
  EXPECT_EQ(drawn, Rows(*Plan({{"rows", {{"count", 10}, {"seed", 3}}}})));
  EXPECT_NE(drawn, Rows(*Plan({{"rows", {{"count", 10}, {"seed", 4}}}})));
  EXPECT_EQ(Plan({{"rows", {{"count", 1000}}}})->items.size(), 50u);
  EXPECT_THAT(Refused({{"rows", {{"list", {1, 1}}}}}), HasSubstr("names a row twice"));
  EXPECT_THAT(Refused({{"rows", {{"list", {50}}}}}), HasSubstr("rows 0 to 49"));
  EXPECT_THAT(Refused({{"rows", {{"where", "p > 2"}}}}), HasSubstr("none is chosen"));
  EXPECT_THAT(Refused({{"rows", {{"count", 3}, {"where", "p > 2"}}}}), HasSubstr("one of them"));
  EXPECT_THAT(Refused({{"rows", {{"listed", 3}}}}), HasSubstr("the list itself is needed"));
}

TEST_F(LabellingPlanTest, GoldQuestionsHaveKnownLabels) {
  const auto plan = Plan({{"gold", {{"every", 5}}}});
  ASSERT_TRUE(plan) << plan.error().ToString();
  int gold = 0;
  for (const LabelItem& item : plan->items) {
    gold += item.gold ? 1 : 0;
    EXPECT_TRUE(!item.gold || KnownLabel(*version_, plan->spec, 0, item.row)) << item.row;
  }
  EXPECT_EQ(gold, 10);
  EXPECT_THAT(Refused({{"gold", {{"every", 5}}}, {"column", "fresh"}}),
              HasSubstr("no row has a known label"));
}

TEST_F(LabellingPlanTest, WhatIsRefused) {
  EXPECT_THAT(Refused({{"split", "x"}}), HasSubstr("'x'"));
  EXPECT_THAT(Refused({{"content", "x"}}), HasSubstr("'x'"));
  EXPECT_THAT(Refused({{"content", "note"}, {"column", "note"}}), HasSubstr("the labels would be shown"));
  EXPECT_THAT(Refused({{"column", "p"}}), HasSubstr("is a number"));
  EXPECT_THAT(Refused({{"task", "boxes"}}), HasSubstr("drawn on pictures"));
  EXPECT_THAT(Refused({{"task", "multilabel"}, {"column", "label"}}), HasSubstr("does not go there"));
  EXPECT_THAT(Refused({{"prelabel", {{"model", "m"}, {"threshold", 0}}}}),
              HasSubstr("above 0 and at most 1"));
  EXPECT_THAT(Refused({{"choice", "active"}}), HasSubstr("what it is unsure of"));
  EXPECT_THAT(Refused({{"choice", "best"}}), HasSubstr("in_order, random or active"));
  EXPECT_THAT(Refused({{"labellers", 6}}), HasSubstr("1 to 5"));
  EXPECT_THAT(Refused({{"gold", {{"every", 1}}}}), HasSubstr("2 to 1,000"));
  EXPECT_THAT(Refused({{"classes", {"a", "a"}}}), HasSubstr("a name twice"));
  EXPECT_THAT(Refused({{"prelabel", Json::object()}}), HasSubstr("or model is needed"));
  EXPECT_THAT(Refused({{"task", "dance"}}), HasSubstr("must be classification"));
  EXPECT_THAT(Refused({{"surprise", 1}}), HasSubstr("unknown field"));
  EXPECT_FALSE(CheckLabellingName("me/mine"));
  EXPECT_TRUE(CheckLabellingName("fashion-slice"));
}

}  // namespace
}  // namespace sinter
