#include "platform/runs/best_run.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <limits>

namespace sinter {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

RunFigures Made(std::string id, double accuracy, int64_t created_ms = 1) {
  RunFigures r;
  r.run.id = std::move(id);
  r.run.state = RunState::kSucceeded;
  r.run.dataset = "fashion@2";
  r.run.model = "cnn@4";
  r.run.recipe = "name: cnn\noptimizer: {kind: adam}\nmodel: {layers: [flatten, {dense: {units: 10}}]}\n";
  r.run.created_ms = created_ms;
  r.run.created_by = "ann";
  r.figures = {{"test.accuracy", accuracy}, {"model/bytes", 100}};
  return r;
}

std::vector<std::string> Ranked(const BestRule& rule, const std::vector<RunFigures>& runs) {
  std::vector<std::string> ids;
  for (const RankedRun& r : RankRuns(rule, runs).ranked) ids.push_back(runs[r.index].run.id);
  return ids;
}

TEST(BestRun, TheFigureDecidesThenAgeThenName) {
  const std::vector<RunFigures> runs{Made("c", 0.5, 3), Made("b", 0.9, 2), Made("z", 0.9, 1),
                                     Made("a", 0.9, 2)};
  EXPECT_THAT(Ranked({.figure = "test.accuracy"}, runs), ElementsAre("z", "a", "b", "c"));
  EXPECT_THAT(Ranked({.figure = "test.accuracy", .maximise = false}, runs), ElementsAre("c", "z", "a", "b"));
}

TEST(BestRun, WhatCannotBeChosenSaysWhy) {
  std::vector<RunFigures> runs{Made("good", 0.5), Made("nan", std::numeric_limits<double>::quiet_NaN()),
                               Made("fat", 0.9),  Made("bare", 0.9),
                               Made("late", 0.9), Made("mute", 0.9)};
  runs[2].figures["model/bytes"] = 101;
  runs[3].figures.erase("model/bytes");
  runs[4].run.state = RunState::kRunning;
  runs[5].figures.erase("test.accuracy");
  const BestRule rule{.figure = "test.accuracy", .bounds = {{"model/bytes", true, 100}}};
  EXPECT_THAT(Ranked(rule, runs), ElementsAre("good"));
  std::vector<std::string> why;
  for (const RefusedRun& r : RankRuns(rule, runs).refused) why.push_back(runs[r.index].run.id + ": " + r.why);
  EXPECT_THAT(why, ElementsAre("nan: its test.accuracy is nan",
                               "fat: its model/bytes is 101, not at most 100", "bare: it has no model/bytes",
                               "late: it is running", "mute: it has no test.accuracy"));
  runs.resize(1);
  runs[0].figures["model/bytes"] = std::numeric_limits<double>::quiet_NaN();
  EXPECT_THAT(Ranked(rule, runs), ElementsAre());
  EXPECT_THAT(Ranked({.figure = "test.accuracy", .bounds = {{"model/bytes", false, 1}}}, runs),
              ElementsAre());
}

TEST(BestRun, ConditionsLookAtTheRunAndItsRecipe) {
  std::vector<RunFigures> runs{Made("a", 0.5)};
  runs[0].run.sweep = "rates";
  const auto chosen = [&](std::string field, std::string value) {
    return Ranked({.figure = "test.accuracy", .where = {{std::move(field), std::move(value)}}}, runs)
               .size() == 1;
  };
  for (const auto& [field, value] :
       std::vector<std::pair<std::string, std::string>>{{"dataset", "fashion"},
                                                        {"dataset", "fashion@2"},
                                                        {"model", "cnn"},
                                                        {"model", "cnn@4"},
                                                        {"created_by", "ann"},
                                                        {"recipe", "cnn"},
                                                        {"sweep", "rates"},
                                                        {"optimizer.kind", "adam"},
                                                        {"model.layers.1.dense.units", "10"}})
    EXPECT_TRUE(chosen(field, value)) << field;
  for (const auto& [field, value] :
       std::vector<std::pair<std::string, std::string>>{{"dataset", "fash"},
                                                        {"dataset", "fashion@1"},
                                                        {"model", "cnn@"},
                                                        {"created_by", "bob"},
                                                        {"recipe", "mlp"},
                                                        {"sweep", ""},
                                                        {"optimizer", "adam"},
                                                        {"optimizer.kind.more", "adam"},
                                                        {"model.layers.9.dense", "10"},
                                                        {"model.layers.x", "flatten"}})
    EXPECT_FALSE(chosen(field, value)) << field;
  runs[0].run.recipe = "{";  // written by hand, long ago
  EXPECT_FALSE(chosen("recipe", "cnn"));
}

TEST(BestRun, RulesAsTexts) {
  EXPECT_EQ(*ParseRunBound("model/bytes<=1e6"), (RunBound{"model/bytes", true, 1e6}));
  EXPECT_EQ(*ParseRunBound("f1>=-0.5"), (RunBound{"f1", false, -0.5}));
  for (const char* text : {"", "a", "a<1", "<=1", "a<=", "a<=x", "a<=1x", "a<=nan", "a<=inf", "a\n<=1"})
    EXPECT_FALSE(ParseRunBound(text)) << text;
  const BestRule rule{"loss", false, {{"model/bytes", true, 1000}}, {{"dataset", "d"}, {"recipe", "r"}}};
  EXPECT_EQ(BestRuleText(rule), "min loss where dataset=d, recipe=r with model/bytes<=1000");
  EXPECT_TRUE(CheckBestRule(rule));
  EXPECT_THAT(CheckBestRule({}).error().message, HasSubstr("figure"));
  EXPECT_FALSE(CheckBestRule({.figure = "a", .bounds = std::vector<RunBound>(21, {"a", true, 1})}));
  EXPECT_FALSE(CheckBestRule({.figure = "a", .where = {{"dataset", ""}}}));
}

}  // namespace
}  // namespace sinter
