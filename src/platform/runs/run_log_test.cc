#include "platform/runs/run_log.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <limits>

namespace sinter {
namespace {

using ::testing::ElementsAre;
using ::testing::Pair;

constexpr double kNan = std::numeric_limits<double>::quiet_NaN();
constexpr double kInf = std::numeric_limits<double>::infinity();

class RunLogTest : public ::testing::Test {
 protected:
  void SetUp() override {
    metrics_ = *MetricStore::Open(folder_.path() / "metrics.db");
    log_ = std::make_unique<RunLog>(*metrics_);
  }
  Status Log(std::string_view name, int64_t step, double value, int64_t wall_ms) {
    return log_->Write("r", {{{std::string(name), step, value, wall_ms}}, {}});
  }
  std::vector<double> ValuesOf(std::string_view name) {
    std::vector<double> values;
    const MetricHistory history = *log_->History("r", name, 0, 1000);
    values.reserve(history.points.size());
    for (const MetricPoint& point : history.points) values.push_back(point.value);
    return values;
  }
  TemporaryFolder folder_;
  std::unique_ptr<MetricStore> metrics_;
  std::unique_ptr<RunLog> log_;
};

TEST_F(RunLogTest, AStepMayComeManyTimes) {
  ASSERT_TRUE(Log("x", 0, 1, 10));
  ASSERT_TRUE(Log("x", 0, 3, 30));
  ASSERT_TRUE(Log("x", 0, 2, 20));
  ASSERT_TRUE(Log("x", 0, 2.5, 30));
  ASSERT_TRUE(Log("x", -4, 9, 5));
  EXPECT_THAT(ValuesOf("x"), ElementsAre(9, 1, 2, 2.5, 3));  // by step, time, value
  // Sent again, nothing is added.
  for (const auto& [value, wall] : {std::pair(1.0, 10), {3.0, 30}, {2.0, 20}, {2.5, 30}})
    ASSERT_TRUE(Log("x", 0, value, wall));
  EXPECT_EQ(ValuesOf("x").size(), 5u);
  // The curve has each step once, with its newest point.
  const MetricSeries curve = *metrics_->Read({.run = "r", .name = "x"});
  EXPECT_THAT(curve.steps, ElementsAre(0));
  EXPECT_THAT(curve.mean, ElementsAre(3));
  EXPECT_EQ(log_->Summary("r")->latest[0].value, 3);
  EXPECT_EQ(log_->LatestOfAll("x")->at("r"), 3);
}

TEST_F(RunLogTest, ValuesThatAreNoNumbersStay) {
  ASSERT_TRUE(Log("x", 1, kNan, 1));
  ASSERT_TRUE(Log("x", 1, kNan, 1));
  ASSERT_TRUE(Log("x", 2, kInf, 1));
  ASSERT_TRUE(Log("x", 3, -kInf, 1));
  const std::vector<double> values = ValuesOf("x");
  ASSERT_EQ(values.size(), 3u);
  EXPECT_TRUE(std::isnan(values[0]));
  EXPECT_EQ(values[1], kInf);
  EXPECT_EQ(values[2], -kInf);
  ASSERT_TRUE(Log("x", 1, 5, 1));  // at the same time: a number is newer than none
  EXPECT_EQ(metrics_->Read({.run = "r", .name = "x"})->mean[0], 5);
}

TEST_F(RunLogTest, ABatchIsAllOrNothing) {
  ASSERT_TRUE(log_->Write("r", {{{"loss", 1, 0.5, 1}}, {{RunNote::kParameter, "lr", "0.1"}}}));
  const Status clash = log_->Write(
      "r", {{{"loss", 2, 0.4, 2}}, {{RunNote::kTag, "note", "x"}, {RunNote::kParameter, "lr", "0.2"}}});
  EXPECT_EQ(clash.error().code, ErrorCode::kInvalidArgument);
  RunSummary now = *log_->Summary("r");
  EXPECT_EQ(now.latest[0].step, 1);
  EXPECT_TRUE(now.tags.empty());
  ASSERT_TRUE(log_->Write("r", {{}, {{RunNote::kParameter, "lr", "0.1"}, {RunNote::kTag, "note", "x"}}}));
  ASSERT_TRUE(log_->Write("r", {{}, {{RunNote::kTag, "note", "y"}}}));
  now = *log_->Summary("r");
  EXPECT_THAT(now.parameters, ElementsAre(Pair("lr", "0.1")));
  EXPECT_THAT(now.tags, ElementsAre(Pair("note", "y")));
  ASSERT_TRUE(log_->DeleteNote("r", RunNote::kTag, "note"));
  EXPECT_EQ(log_->DeleteNote("r", RunNote::kTag, "note").error().code, ErrorCode::kNotFound);
  EXPECT_FALSE(log_->Write("r", {{{"", 1, 1, 1}}, {}}));
  EXPECT_FALSE(log_->Write("r", {{{"a\nb", 1, 1, 1}}, {}}));
  EXPECT_FALSE(log_->Write("r", {{}, {{RunNote::kTag, "k", "\xff"}}}));
}

TEST_F(RunLogTest, PagesAndSteps) {
  RunBatch batch;
  for (int64_t i = 0; i < 100; ++i) batch.points.push_back({"x", i, static_cast<double>(i), i});
  batch.points.push_back({"x", 50, 7, 1});
  ASSERT_TRUE(log_->Write("r", batch));
  int64_t seen = 0;
  for (bool more = true; more;) {
    const MetricHistory page = *log_->History("r", "x", seen, 30);
    seen += std::ssize(page.points);
    more = page.more;
  }
  EXPECT_EQ(seen, 101);
  EXPECT_TRUE(log_->History("r", "none", 0, 10)->points.empty());
  EXPECT_FALSE(log_->History("r", "x", 0, 0));
  EXPECT_THAT(*log_->Steps("r", "x", 97, 200, 10), ElementsAre(97, 98, 99));
  const int64_t steps[] = {5, 200, 50};
  const auto at = *log_->AtSteps("r", "x", steps);
  ASSERT_EQ(at.size(), 2u);
  EXPECT_EQ(at[1].value, 50);
}

TEST_F(RunLogTest, ColumnsAcrossRuns) {
  ASSERT_TRUE(log_->Write("a", {{{"acc", 1, 0.5, 1}, {"acc", 2, 0.75, 1}}, {{RunNote::kTag, "t", "1"}}}));
  ASSERT_TRUE(log_->Write("b", {{{"acc", 1, 0.25, 1}}, {{RunNote::kDataset, "k", "{}"}}}));
  EXPECT_EQ(log_->LatestOfAll("acc")->at("a"), 0.75);
  EXPECT_EQ(log_->LatestOfAll("acc")->size(), 2u);
  EXPECT_EQ(log_->NotesOfAll(RunNote::kTag, "t")->size(), 1u);
  EXPECT_EQ(log_->NotesOfAll(RunNote::kDataset)->at("b").size(), 1u);
  const std::string ids[] = {"b", "none", "a"};
  const auto all = *log_->Summaries(ids);
  EXPECT_EQ(all[0].latest[0].value, 0.25);
  EXPECT_TRUE(all[1].latest.empty());
  EXPECT_EQ(all[2].tags.at("t"), "1");
  ASSERT_TRUE(metrics_->Delete("a"));
  EXPECT_TRUE(log_->Summary("a")->tags.empty());
  EXPECT_TRUE(log_->Summary("a")->latest.empty());
}

// A file of the version before reads on.
TEST_F(RunLogTest, WhatWasThereBeforeStays) {
  ASSERT_TRUE(metrics_->Append("r", std::vector<MetricPoint>{{"x", 1, 0.5, 10}}));
  ASSERT_TRUE(Log("x", 1, 0.5, 10));
  EXPECT_EQ(ValuesOf("x").size(), 1u);
  ASSERT_TRUE(metrics_->Append("r", std::vector<MetricPoint>{{"x", 1, 0.25, 5}}));  // its attempt went back
  EXPECT_THAT(ValuesOf("x"), ElementsAre(0.25));
}

}  // namespace
}  // namespace sinter
