// What is remembered of traffic, what it is compared with, and what is usual.
#include "platform/serving/drift_watch.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <limits>

#include "base/random.h"
#include "platform/serving/testing.h"
#include "platform/serving/traffic_sample.h"
#include "platform/serving/usual_traffic.h"

namespace sinter {
namespace {

constexpr double kMissing = std::numeric_limits<double>::quiet_NaN();

ModelInterface Model(std::vector<TensorSpec> inputs, std::vector<TensorSpec> outputs) {
  ModelInterface model;
  model.inputs = std::move(inputs);
  model.outputs = std::move(outputs);
  model.rows_first = true;
  return model;
}

AnswerReader Classes(std::vector<std::string> names) {
  return {.output = 0, .scores = true, .probabilities = true, .classes = std::move(names)};
}

std::vector<std::string> Names(const TrafficFeatures& features) {
  std::vector<std::string> names;
  names.reserve(features.size());
  for (const TrafficFeature& feature : features.list()) names.push_back(feature.name);
  return names;
}

std::vector<std::string> Numbered(const std::string& name, int count) {
  std::vector<std::string> names(static_cast<size_t>(count));
  for (size_t i = 0; i < names.size(); ++i) names[i] = name + std::to_string(i);
  return names;
}

std::vector<TensorSpec> Columns(int count, DType dtype, const std::vector<std::string>& categories = {}) {
  std::vector<TensorSpec> columns;
  columns.reserve(static_cast<size_t>(count));
  for (const std::string& name : Numbered("c", count))
    columns.push_back(RowsSpec(name, dtype, {}, categories));
  return columns;
}

// A picture model: input mean, input spread, confidence, class.
TrafficFeatures Pictures(int classes = 10) {
  return TrafficFeatures::Of(
      Model({RowsSpec("x", DType::kU8, {2, 2})}, {RowsSpec("y", DType::kF32, {classes})}),
      Classes(Numbered("", classes)));
}

// A table: two numbers and a class in, a number out.
TrafficFeatures Table() {
  return TrafficFeatures::Of(
      Model({RowsSpec("size", DType::kF64, {}), RowsSpec("colour", DType::kI64, {}, {"red", "green"}),
             RowsSpec("age", DType::kF64, {})},
            {RowsSpec("price", DType::kF64, {1})}),
      AnswerReader());
}

TrafficRows Traffic(uint64_t seed, uint64_t count, double shift, int classes) {
  TrafficRows rows{Pictures(), {}, std::vector<int64_t>(count, 1)};
  for (uint64_t i = 0; i < count; ++i) {
    for (const double value : {100 + 20 * RandomNormal(seed, 1, i) + shift, 40 + 5 * RandomNormal(seed, 2, i),
                               RandomUniform(seed, 3, i),
                               static_cast<double>(RandomBelow(seed, 4, i, static_cast<uint64_t>(classes)))})
      rows.values.push_back(value);
  }
  return rows;
}

struct Shift {
  double age = 0, price = 0, red = 0.5, missing = 0.02;
};

TrafficRows TableTraffic(uint64_t seed, uint64_t count, const Shift& shift = {}) {
  TrafficRows rows{Table(), {}, std::vector<int64_t>(count, 1)};
  for (uint64_t i = 0; i < count; ++i) {
    const double size = RandomNormal(seed, 1, i);
    const bool missing = RandomUniform(seed, 5, i) < shift.missing;
    for (const double value : {size, RandomUniform(seed, 2, i) < shift.red ? 0.0 : 1.0,
                               missing ? kMissing : 40 + shift.age + 10 * RandomNormal(seed, 3, i),
                               3 * size + shift.price + RandomNormal(seed, 4, i)})
      rows.values.push_back(value);
  }
  return rows;
}

const DriftMeasure& Of(const DriftReport& report, std::string_view name) {
  for (const DriftMeasure& measure : report.measures) {
    if (measure.name == name) return measure;
  }
  ADD_FAILURE() << "no " << name;
  return report.measures[0];
}

std::vector<std::string> Drifted(const DriftReport& report) {
  std::vector<std::string> names;
  for (const DriftMeasure& measure : report.measures) {
    if (measure.drifted) names.push_back(measure.name);
  }
  return names;
}

TEST(Drift, IsSeenAndNotImagined) {
  const TrafficRows reference = Traffic(1, 2000, 0, 10);
  const DriftReport same = MeasureDrift(reference, Traffic(2, 500, 0, 10), {});
  EXPECT_EQ(same.verdict, "no drift");
  ASSERT_EQ(same.measures.size(), 4u);
  EXPECT_EQ(same.live, 500);
  EXPECT_GT(Of(same, "input mean").test.p_value, 0.001);
  const DriftReport shifted = MeasureDrift(reference, Traffic(3, 500, 30, 10), {});
  EXPECT_EQ(shifted.verdict, "drift");
  EXPECT_TRUE(Of(shifted, "input mean").drifted);
  EXPECT_FALSE(Of(shifted, "input spread").drifted);
  EXPECT_LT(Of(shifted, "input mean").test.p_value, 1e-6);
  EXPECT_NEAR(Of(shifted, "input mean").live_mean - Of(shifted, "input mean").reference_mean, 30, 4);
  EXPECT_TRUE(Of(MeasureDrift(reference, Traffic(4, 500, 0, 3), {}), "class").drifted)
      << "only three classes of ten";
}

TEST(Drift, TooFewAreToldApartFromNone) {
  const DriftReport report = MeasureDrift(Traffic(1, 2000, 0, 10), Traffic(2, 199, 500, 10), {});
  EXPECT_EQ(report.verdict, "too few");
  EXPECT_TRUE(report.measures.empty());
  EXPECT_EQ(MeasureDrift(Traffic(1, 2000, 0, 10), Traffic(2, 200, 500, 10), {}).verdict, "drift");
  const DriftReport others = MeasureDrift(TableTraffic(1, 2000), Traffic(2, 500, 0, 10), {});
  EXPECT_EQ(others.verdict, "too few") << "traffic of another model says nothing of this one";
  EXPECT_EQ(others.live, 0);
}

TEST(Drift, IsOfEachInputAndOfAnswersThatAreNumbers) {
  const TrafficRows reference = TableTraffic(1, 2000);
  const DriftReport same = MeasureDrift(reference, TableTraffic(2, 1000), {});
  EXPECT_EQ(same.verdict, "no drift");
  ASSERT_EQ(same.measures.size(), 4u);
  EXPECT_EQ(same.measures[3].name, "output price");
  using Names = std::vector<std::string>;
  const DriftReport older = MeasureDrift(reference, TableTraffic(3, 1000, {.age = 20}), {});
  EXPECT_EQ(Drifted(older), Names{"input age"});
  EXPECT_EQ(older.measures[0].name, "input age") << "what drifted stands first";
  EXPECT_NEAR(older.measures[0].live_mean, 60, 2) << "missing ones are no numbers";
  EXPECT_EQ(older.measures[0].test.first + older.measures[0].test.second, [&] {
    int64_t known = 0;
    for (const TrafficRows& rows : {reference, TableTraffic(3, 1000, {.age = 20})}) {
      for (const double age : rows.Column(2)) known += !std::isnan(age);
    }
    return known;
  }()) << "the sizes of the samples are told";
  const DriftReport redder = MeasureDrift(reference, TableTraffic(4, 1000, {.red = 0.95}), {});
  EXPECT_EQ(Drifted(redder), Names{"input colour"});
  EXPECT_EQ(Of(redder, "input colour").test.first, 0) << "classes have no order";
  EXPECT_EQ(Drifted(MeasureDrift(reference, TableTraffic(5, 1000, {.missing = 0.4}), {})),
            Names{"input age"});
  EXPECT_EQ(Drifted(MeasureDrift(reference, TableTraffic(6, 1000, {.price = 5}), {})), Names{"output price"});
}

// With fifty features compared at once, what chance gives one in a hundred comes every other time.
TEST(Drift, ManyFeaturesAreComparedTogether) {
  const std::vector<TensorSpec> inputs = Columns(50, DType::kF64);
  const TrafficFeatures features =
      TrafficFeatures::Of(Model(inputs, {RowsSpec("y", DType::kI64, {})}), AnswerReader());
  const auto rows = [&](uint64_t seed, uint64_t count) {
    TrafficRows drawn{features, {}, std::vector<int64_t>(count, 1)};
    for (uint64_t i = 0; i < count * features.size(); ++i) drawn.values.push_back(RandomNormal(seed, 9, i));
    return drawn;
  };
  int reports = 0, uncorrected = 0;
  for (uint64_t seed = 0; seed < 10; ++seed) {
    const TrafficRows reference = rows(2 * seed, 1000), live = rows(2 * seed + 1, 1000);
    reports += MeasureDrift(reference, live, {.stability = 0}).verdict == "drift";
    bool one = false;
    for (size_t f = 0; f < features.size(); ++f) {
      const StabilityIndex alone = StabilityOfNumbers(reference.Column(f), live.Column(f));
      one = one || alone.value > alone.by_chance;
    }
    uncorrected += one;
  }
  EXPECT_LE(reports, 1);
  EXPECT_GE(uncorrected, 2) << "what chance alone gives";
}

TEST(Drift, AnswersAreThoseOfTheRevisionThatAnsweredTheReference) {
  const TrafficRows reference = TableTraffic(1, 2000);
  TrafficRows live = TableTraffic(2, 1000);
  const TrafficRows before = TableTraffic(3, 600, {.age = 0, .price = 50});
  for (size_t i = 0; i < before.size(); ++i)
    live.Add(before.row(i), 7);  // another model's, in the same traffic
  DriftReport report = MeasureDrift(reference, live, {});
  EXPECT_EQ(report.verdict, "no drift");
  EXPECT_EQ(report.live, 1600);
  EXPECT_EQ(report.answered, 1000);
  EXPECT_EQ(Of(report, "output price").test.second, 1000);
  EXPECT_EQ(Of(report, "input size").test.second, 1600);
  report = MeasureDrift(reference, before.AnsweredBy(1), {.minimum = 601});
  EXPECT_EQ(report.verdict, "too few");
  live = TableTraffic(4, 150);
  for (size_t i = 0; i < before.size(); ++i) live.Add(before.row(i), 7);
  report = MeasureDrift(reference, live, {});
  EXPECT_EQ(report.measures.size(), 3u) << "too few of its own answers yet";
}

TEST(TrafficSampleTest, IsBoundedAndFollowsTheRecentPast) {
  TrafficSample sample;
  const TrafficFeatures features = Pictures();
  sample.Follow(features);
  const std::vector<double> one{1, 0, 0, 0}, two{2, 0, 0, 0};
  sample.Note(features, one, 1);
  EXPECT_EQ(sample.Read().size(), 0u) << "off";
  sample.Enable(100);
  for (int i = 0; i < 100; ++i) sample.Note(features, one, 1);
  EXPECT_EQ(sample.Read().size(), 100u);
  for (int i = 0; i < 500; ++i) sample.Note(features, two, 1);
  const TrafficRows now = sample.Read();
  EXPECT_EQ(now.size(), 100u);
  EXPECT_LE(std::ranges::count(now.Column(0), 1.0), 4) << "e^-5 of the old ones are expected";
  sample.Enable(0);
  EXPECT_EQ(sample.Read().size(), 0u);
}

TEST(TrafficSampleTest, FollowsTheLiveRevisionsFeatures) {
  TrafficSample sample;
  sample.Enable(10);
  sample.Follow(Pictures());
  sample.Note(Pictures(), std::vector<double>{1, 0, 0, 0}, 1);
  sample.Note(Table(), std::vector<double>{1, 0, 0, 0}, 1);
  EXPECT_EQ(sample.Read().size(), 1u) << "a candidate's are other values";
  sample.Follow(Pictures());
  EXPECT_EQ(sample.Read().size(), 1u) << "the same features go on";
  sample.Follow(Pictures(9));
  EXPECT_EQ(sample.Read().size(), 0u) << "other classes have other indexes";
}

TEST(Features, AreOfEveryInputAndOutput) {
  using List = std::vector<std::string>;
  EXPECT_EQ(Names(Pictures()), (List{"input mean", "input spread", "confidence", "class"}));
  EXPECT_EQ(Names(Table()), (List{"input size", "input colour", "input age", "output price"}));
  const ModelInterface two = Model({RowsSpec("a", DType::kF32, {3}), RowsSpec("t", DType::kString, {})},
                                   {RowsSpec("scores", DType::kF32, {2}), RowsSpec("label", DType::kI64, {}),
                                    RowsSpec("box", DType::kF32, {4})});
  EXPECT_EQ(Names(TrafficFeatures::Of(two, Classes({"x", "y"}))),
            (List{"input a mean", "input a spread", "output box mean", "output box spread", "confidence",
                  "class"}));
}

TEST(Features, AreOfOneRow) {
  const Tensor input = Tensor::Of<uint8_t>({2, 4}, {10, 20, 30, 40, 200, 200, 200, 200});
  const ModelInterface model = Model({RowsSpec("x", DType::kU8, {4})}, {RowsSpec("y", DType::kF32, {2})});
  const std::vector<Tensor> inputs{input}, outputs{Tensor::Of<float>({2, 2}, {0.25f, 0.75f, 1, 0})};
  AnswerReader reader = Classes({"a", "b"});
  const TrafficFeatures features = TrafficFeatures::Of(model, reader);
  std::vector<double> values(features.size());
  features.Read(inputs, outputs, 0, 2, values);
  EXPECT_DOUBLE_EQ(values[0], 25);
  EXPECT_DOUBLE_EQ(values[1], std::sqrt(125.0));
  EXPECT_FLOAT_EQ(static_cast<float>(values[2]), 0.75f);
  EXPECT_EQ(values[3], 1);
  EXPECT_EQ(features.Answer(values).index, 1);
  features.Read(inputs, outputs, 1, 2, values);
  EXPECT_DOUBLE_EQ(values[0], 200);
  EXPECT_EQ(features.Answer(values).index, 0);
  features.Read(inputs, {}, 0, 2, values);
  EXPECT_EQ(features.Answer(values).index, -1);
  reader.probabilities = false;  // logits: softmax of 0.25 and 0.75
  TrafficFeatures::Of(model, reader).Read(inputs, outputs, 0, 2, values);
  EXPECT_NEAR(values[2], 1 / (1 + std::exp(-0.5)), 1e-6);
}

TEST(Features, OfATableAreItsCells) {
  const std::vector<Tensor> inputs{Tensor::Of<double>({2}, {1.5, 2}), Tensor::Of<int64_t>({2}, {1, -1}),
                                   Tensor::Of<double>({2}, {kMissing, 7})},
      outputs{Tensor::Of<double>({2, 1}, {10, std::numeric_limits<double>::infinity()})};
  const TrafficFeatures features = Table();
  std::vector<double> values(features.size());
  features.Read(inputs, outputs, 0, 2, values);
  EXPECT_EQ(values[0], 1.5);
  EXPECT_EQ(values[1], 1);
  EXPECT_TRUE(std::isnan(values[2]));
  EXPECT_EQ(values[3], 10);
  features.Read(inputs, outputs, 1, 2, values);
  EXPECT_TRUE(std::isnan(values[1])) << "a class that is missing";
  EXPECT_EQ(values[2], 7);
  EXPECT_TRUE(std::isnan(values[3])) << "no number";
}

TEST(Features, WhatThereIsNoRoomForIsCounted) {
  const std::vector<TensorSpec> inputs = Columns(300, DType::kF64);
  const TrafficFeatures features =
      TrafficFeatures::Of(Model(inputs, {RowsSpec("y", DType::kF32, {2})}), Classes({"a", "b"}));
  EXPECT_EQ(features.size(), TrafficFeatures::kMost);
  EXPECT_EQ(features.left_out(), 300 - 254);
  EXPECT_EQ(features.list().back().name, "class");
  TrafficRows none{features, {}, {}};
  EXPECT_EQ(MeasureDrift(none, none, {}).unwatched, 46);
}

TEST(Features, OfManyInputsLeaveRoomForAnswers) {
  const std::vector<TensorSpec> inputs = Columns(300, DType::kF64);
  const TrafficFeatures features =
      TrafficFeatures::Of(Model(inputs, {RowsSpec("price", DType::kF64, {})}), AnswerReader());
  EXPECT_EQ(features.list().back().name, "output price");
}

TEST(Features, KeepTheSpreadOfLargeNumbers) {
  const TrafficFeatures features = TrafficFeatures::Of(
      Model({RowsSpec("x", DType::kF64, {4})}, {RowsSpec("y", DType::kF64, {})}), AnswerReader());
  std::vector<double> values(features.size());
  const std::vector<Tensor> inputs{Tensor::Of<double>({1, 4}, {1.7e9 - 1, 1.7e9 + 1, 1.7e9 - 1, 1.7e9 + 1})};
  features.Read(inputs, {}, 0, 1, values);
  EXPECT_DOUBLE_EQ(values[0], 1.7e9);
  EXPECT_NEAR(values[1], 1, 1e-6);
}

TEST(Usual, IsAllButOneInAHundred) {
  const TrafficRows reference = TableTraffic(1, 1000);
  const UsualTraffic usual = UsualTraffic::Of(reference);
  const auto share = [&](const TrafficRows& rows) {
    int64_t unusual = 0;
    for (size_t i = 0; i < rows.size(); ++i) unusual += usual.IsUnusual(rows.row(i));
    return static_cast<double>(unusual) / static_cast<double>(rows.size());
  };
  EXPECT_LE(share(reference), 0.01);
  EXPECT_GT(share(reference), 0);
  EXPECT_LT(share(TableTraffic(2, 1000)), 0.025);
  EXPECT_GT(share(TableTraffic(3, 1000, {.age = 60})), 0.9) << "any column";
  EXPECT_LT(share(TableTraffic(4, 1000, {.price = 100})), 0.025) << "answers are not requests";
}

// The bound is not drawn by the very rows that are counted.
TEST(Usual, HoldsForColumnsOfManyClasses) {
  const std::vector<TensorSpec> inputs = Columns(5, DType::kI64, Numbered("", 150));
  const TrafficFeatures features =
      TrafficFeatures::Of(Model(inputs, {RowsSpec("y", DType::kF32, {2})}), Classes({"a", "b"}));
  const auto rows = [&](uint64_t seed, uint64_t count) {
    TrafficRows drawn{features, {}, {}};
    for (uint64_t i = 0; i < count; ++i) {
      std::vector<double> row{0, 0, 0, 0, 0, 0.5, 1};
      for (uint64_t c = 0; c < 5; ++c) row[c] = static_cast<double>(RandomBelow(seed, c, i, 150));
      drawn.Add(row, 1);
    }
    return drawn;
  };
  const UsualTraffic usual = UsualTraffic::Of(rows(1, 500));
  const TrafficRows live = rows(2, 2000);
  int64_t unusual = 0;
  for (size_t i = 0; i < live.size(); ++i) unusual += usual.IsUnusual(live.row(i));
  EXPECT_LT(unusual, 80) << "4 in a hundred";
}

TEST(Usual, KnowsWhatItHasNeverSeen) {
  TrafficRows reference{Table(), {}, std::vector<int64_t>(200, 1)};
  for (int i = 0; i < 200; ++i)
    for (const double value : {5.0, 0.0, 40.0 + i % 10, 1.0}) reference.values.push_back(value);
  const UsualTraffic usual = UsualTraffic::Of(reference);
  const auto unusual = [&](std::vector<double> values) { return usual.IsUnusual(values); };
  EXPECT_FALSE(unusual({5, 0, 44, 0}));
  EXPECT_TRUE(unusual({5.01, 0, 44, 0})) << "what never changed";
  EXPECT_TRUE(unusual({5, 1, 44, 0})) << "a class that never came";
  EXPECT_TRUE(unusual({5, kMissing, 44, 0}));
  EXPECT_TRUE(unusual({5, 0, kMissing, 0}));
}

}  // namespace
}  // namespace sinter
