#include "platform/runs/metric_store.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmath>
#include <limits>
#include <thread>

namespace sinter {
namespace {

using ::testing::ElementsAre;

class MetricStoreTest : public ::testing::Test {
 protected:
  void SetUp() override { store_ = *MetricStore::Open(folder_.path() / "metrics.db"); }
  TemporaryFolder folder_;
  std::unique_ptr<MetricStore> store_;
};

TEST_F(MetricStoreTest, PointsComeBackAsColumns) {
  ASSERT_TRUE(store_->Append(
      "r1", std::vector<MetricPoint>{{"loss", 2, 0.5, 20}, {"acc", 1, 0.1, 10}, {"loss", 1, 0.9, 10}}));
  ASSERT_TRUE(store_->Append("r2", std::vector<MetricPoint>{{"loss", 1, 7, 10}}));
  ASSERT_TRUE(store_->Append("r1", std::vector<MetricPoint>{{"loss", 2, 0.25, 30}}));  // the step again
  EXPECT_THAT(*store_->Names("r1"), ElementsAre("acc", "loss"));
  const auto last = *store_->Last("r1");
  ASSERT_EQ(last.size(), 2U);
  EXPECT_EQ(last[0].name, "acc");
  EXPECT_EQ(last[1].step, 2);
  EXPECT_EQ(last[1].value, 0.25);
  EXPECT_TRUE(store_->Last("none")->empty());
  const MetricSeries loss = *store_->Read({.run = "r1", .name = "loss"});
  EXPECT_THAT(loss.steps, ElementsAre(1, 2));
  EXPECT_THAT(loss.mean, ElementsAre(0.9, 0.25));
  EXPECT_THAT(loss.least, ElementsAre(0.9, 0.25));
  EXPECT_THAT(loss.wall_ms, ElementsAre(10, 30));
  EXPECT_THAT(store_->Read({.run = "r1", .name = "loss", .from_step = 2})->steps, ElementsAre(2));
  EXPECT_EQ(store_->Read({.run = "r1", .name = "lost"}).error().code, ErrorCode::kNotFound);
  ASSERT_TRUE(store_->Delete("r1"));
  EXPECT_TRUE(store_->Names("r1")->empty());
  EXPECT_EQ(store_->Read({.run = "r2", .name = "loss"})->points, 1);
}

TEST_F(MetricStoreTest, ManyPointsComeInBuckets) {
  std::vector<MetricPoint> points;
  points.reserve(1003);
  for (int64_t i = 0; i < 1003; ++i) points.push_back({"x", i, static_cast<double>(i), i});
  ASSERT_TRUE(store_->Append("r", points));
  const MetricSeries x = *store_->Read({.run = "r", .name = "x", .at_most = 10});
  EXPECT_EQ(x.points, 1003);
  ASSERT_EQ(x.steps.size(), 10u);
  double next = 0;
  for (size_t b = 0; b < 10; ++b) {
    EXPECT_EQ(x.least[b], next);
    EXPECT_NEAR(x.mean[b], (x.least[b] + x.most[b]) / 2, 1e-9);
    EXPECT_EQ(x.most[b], static_cast<double>(x.steps[b]));
    next = x.most[b] + 1;
  }
  EXPECT_EQ(next, 1003);
  EXPECT_FALSE(store_->Read({.run = "r", .name = "x", .at_most = 0}));
}

TEST_F(MetricStoreTest, ANaNIsNeverAveragedAway) {
  const double inf = std::numeric_limits<double>::infinity();
  std::vector<MetricPoint> points{{"x", 0, 1, 0},   {"x", 1, std::nan(""), 0}, {"x", 2, 3, 0},
                                  {"y", 0, inf, 0}, {"y", 1, inf, 0},          {"y", 2, inf, 0}};
  ASSERT_TRUE(store_->Append("r", points));
  const MetricSeries x = *store_->Read({.run = "r", .name = "x", .at_most = 1});
  EXPECT_TRUE(std::isnan(x.mean[0]) && std::isnan(x.least[0]) && std::isnan(x.most[0]));
  EXPECT_EQ(store_->Read({.run = "r", .name = "y", .at_most = 1})->mean[0], inf);
}

TEST_F(MetricStoreTest, RefusesWhatIsNoPoint) {
  auto code = [&](MetricPoint point) { return store_->Append("r", {&point, 1}).error().code; };
  EXPECT_EQ(code({"", 0, 0, 0}), ErrorCode::kInvalidArgument);
  EXPECT_EQ(code({"a\n", 0, 0, 0}), ErrorCode::kInvalidArgument);
  EXPECT_EQ(code({std::string(129, 'a'), 0, 0, 0}), ErrorCode::kInvalidArgument);
  EXPECT_EQ(code({"a", -1, 0, 0}), ErrorCode::kInvalidArgument);
  std::vector<MetricPoint> names;
  names.reserve(1001);
  for (int i = 0; i < 1001; ++i) names.push_back({std::to_string(i), 0, 0, 0});
  EXPECT_EQ(store_->Append("r", names).error().code, ErrorCode::kResourceExhausted);
  EXPECT_TRUE(store_->Names("r")->empty());  // all or none
  EXPECT_FALSE(store_->Append("r", std::vector<MetricPoint>(10'001, {"a", 0, 0, 0})));
}

TEST_F(MetricStoreTest, WhatWasAcknowledgedSurvivesAKill) {
  store_.reset();
  int ends[2];
  ASSERT_EQ(::pipe(ends), 0);
  const pid_t child = ::fork();
  if (child == 0) {
    auto store = MetricStore::Open(folder_.path() / "metrics.db");
    if (!store) ::_exit(1);
    for (int64_t step = 0;; ++step) {
      const std::vector<MetricPoint> points{{"a", step, 1, 0}, {"b", step, 2, 0}};
      if (!(*store)->Append("r", points) || ::write(ends[1], &step, sizeof step) != sizeof step) ::_exit(2);
    }
  }
  ::close(ends[1]);
  int64_t step = 0;
  while (step < 50) ASSERT_EQ(::read(ends[0], &step, sizeof step), sizeof step);
  ::kill(child, SIGKILL);
  ASSERT_EQ(::waitpid(child, nullptr, 0), child);
  while (::read(ends[0], &step, sizeof step) == sizeof step) {
  }
  ::close(ends[0]);
  store_ = *MetricStore::Open(folder_.path() / "metrics.db");
  const auto a = store_->Read({.run = "r", .name = "a"}), b = store_->Read({.run = "r", .name = "b"});
  EXPECT_GE(a->points, step + 1);
  EXPECT_LE(a->points, step + 2);
  EXPECT_EQ(a->steps, b->steps);
}

}  // namespace
}  // namespace sinter
