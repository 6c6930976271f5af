// What is remembered of traffic, what it is compared with, and the cases that are kept.
#include "platform/serving/drift_watch.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

#include "base/random.h"
#include "platform/serving/cases.h"

namespace sinter {
namespace {

std::vector<TrafficFeature> Traffic(uint64_t seed, uint64_t count, double shift, int classes) {
  std::vector<TrafficFeature> features;
  features.reserve(count);
  for (uint64_t i = 0; i < count; ++i) {
    features.push_back({static_cast<float>(100 + 20 * RandomNormal(seed, 1, i) + shift),
                        static_cast<float>(40 + 5 * RandomNormal(seed, 2, i)),
                        static_cast<float>(RandomUniform(seed, 3, i)),
                        static_cast<int32_t>(RandomBelow(seed, 4, i, static_cast<uint64_t>(classes)))});
  }
  return features;
}

const DriftMeasure& Of(const DriftReport& report, std::string_view name) {
  for (const DriftMeasure& measure : report.measures) {
    if (measure.name == name) return measure;
  }
  ADD_FAILURE() << "no " << name;
  return report.measures[0];
}

TEST(Drift, IsSeenAndNotImagined) {
  const auto reference = Traffic(1, 2000, 0, 10);
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
}

TEST(TrafficSampleTest, IsBoundedAndFollowsTheRecentPast) {
  TrafficSample sample;
  sample.Note({1, 0, 0, 0});
  EXPECT_TRUE(sample.Read().empty()) << "off";
  sample.Enable(100);
  for (int i = 0; i < 100; ++i) sample.Note({1, 0, 0, 0});
  EXPECT_EQ(sample.Read().size(), 100u);
  for (int i = 0; i < 500; ++i) sample.Note({2, 0, 0, 0});
  const auto now = sample.Read();
  EXPECT_EQ(now.size(), 100u);
  EXPECT_LE(std::ranges::count(now, 1.0f, &TrafficFeature::mean), 4) << "e^-5 of the old ones are expected";
  sample.Enable(0);
  EXPECT_TRUE(sample.Read().empty());
}

TEST(Features, AreOfTheFirstRow) {
  const Tensor input = Tensor::Of<uint8_t>({2, 4}, {10, 20, 30, 40, 200, 200, 200, 200});
  AnswerReader reader{.output = 0, .scores = true, .probabilities = true, .classes = {"a", "b"}};
  const std::vector<Tensor> inputs{input}, outputs{Tensor::Of<float>({2, 2}, {0.25f, 0.75f, 1, 0})};
  const TrafficFeature feature = FeatureOf(inputs, outputs, reader, 2);
  EXPECT_FLOAT_EQ(feature.mean, 25);
  EXPECT_FLOAT_EQ(feature.spread, std::sqrt(125.0f));
  EXPECT_FLOAT_EQ(feature.confidence, 0.75f);
  EXPECT_EQ(feature.index, 1);
  reader.probabilities = false;  // logits: softmax of 0.25 and 0.75
  EXPECT_NEAR(FeatureOf(inputs, outputs, reader, 2).confidence, 1 / (1 + std::exp(-0.5)), 1e-6);
}

TEST(CaseQueueTest, KeepsHardOnesWithConsentAndNoMoreThanItMay) {
  CaseQueue cases;
  BatchJob job;
  job.inputs = {Tensor::Of<uint8_t>({2, 2}, {1, 2, 3, 4})};
  job.rows = 2;
  const auto offer = [&](float mean, float confidence) {
    cases.Offer(job, {mean, 0, confidence, 1}, "7", Clock::Real());
  };
  cases.Enable({.consent = false});
  offer(0, 0.1f);
  EXPECT_TRUE(cases.Read().empty()) << "no consent";
  cases.Enable({.consent = true, .most = 3, .below = 0.6});
  offer(0, 0.9f);
  EXPECT_TRUE(cases.Read().empty()) << "sure";
  cases.SetUsual(-1, 1);
  for (int i = 0; i < 4; ++i) offer(0, 0.1f);
  offer(5, 0.9f);
  const auto kept = cases.Read();
  ASSERT_EQ(kept.size(), 3u);
  EXPECT_EQ(kept[0].number, 3);
  EXPECT_EQ(kept[1].why, "unsure");
  EXPECT_EQ(kept[2].why, "unusual");
  EXPECT_EQ(kept[2].input.dims(), (Dims{1, 2})) << "the first row";
  EXPECT_EQ(kept[2].revision, "7");
  cases.Forget(4);
  EXPECT_EQ(cases.Read().size(), 1u);
  cases.Enable({.consent = false});
  EXPECT_TRUE(cases.Read().empty()) << "consent withdrawn";
}

}  // namespace
}  // namespace sinter
