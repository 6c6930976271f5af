#include "platform/serving/cases.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "platform/serving/replica.h"
#include "platform/serving/testing.h"

namespace sinter {
namespace {

RevisionInfo Revision(std::vector<TensorSpec> inputs, std::vector<std::string> classes) {
  RevisionInfo info;
  info.name = "7";
  info.interface.inputs = std::move(inputs);
  info.interface.outputs = {RowsSpec("y", DType::kF32, {static_cast<int64_t>(classes.size())})};
  info.interface.rows_first = true;
  info.answers = {.output = 0, .scores = true, .probabilities = true, .classes = std::move(classes)};
  info.features = TrafficFeatures::Of(info.interface, info.answers);
  return info;
}

// A request of some rows, and what the model says to each.
void Offer(CaseQueue& cases, const RevisionInfo& revision, std::vector<Tensor> inputs, Tensor said) {
  BatchJob job;
  job.rows = said.dim(0);
  job.inputs = std::move(inputs);
  std::vector<double> values(revision.features.size());
  for (int64_t row = 0; row < job.rows; ++row) {
    revision.features.Read(job.inputs, {&said, 1}, row, job.rows, values);
    cases.Offer(job, row, values, revision, Clock::Real());
  }
}

TEST(CaseQueueTest, KeepsHardOnesWithConsentAndNoMoreThanItMay) {
  CaseQueue cases;
  const RevisionInfo revision = Revision({RowsSpec("x", DType::kU8, {2})}, {"a", "b"});
  const auto offer = [&](uint8_t level, float confidence) {
    Offer(cases, revision, {Tensor::Of<uint8_t>({1, 2}, {level, level})},
          Tensor::Of<float>({1, 2}, {1 - confidence, confidence}));
  };
  cases.Enable({.consent = false});
  offer(0, 0.55f);
  EXPECT_TRUE(cases.Read().empty()) << "no consent";
  cases.Enable({.consent = true, .most = 3, .below = 0.6});
  offer(0, 0.9f);
  EXPECT_TRUE(cases.Read().empty()) << "sure";
  TrafficRows reference{revision.features, {}, {}};
  for (int i = 0; i < 100; ++i) reference.Add(std::vector<double>{i % 2 * 1.0, 0.0, 0.9, 1.0}, 7);
  cases.SetUsual(std::make_shared<const UsualTraffic>(UsualTraffic::Of(reference)));
  for (int i = 0; i < 4; ++i) offer(0, 0.55f);
  offer(200, 0.9f);
  offer(1, 0.9f);
  const auto kept = cases.Read();
  ASSERT_EQ(kept.size(), 3u);
  EXPECT_EQ(kept[0].number, 3);
  EXPECT_EQ(kept[1].why, "unsure");
  EXPECT_EQ(kept[1].class_name, "b");
  EXPECT_EQ(kept[2].why, "unusual");
  EXPECT_EQ(kept[2].inputs[0].row.dims(), (Dims{1, 2}));
  EXPECT_EQ(kept[2].revision, "7");
  cases.Forget(4);
  EXPECT_EQ(cases.Read().size(), 1u);
  cases.SetUsual(nullptr);
  offer(200, 0.9f);
  EXPECT_EQ(cases.Read().size(), 1u) << "without a golden set nothing is unusual";
  cases.Enable({.consent = false});
  EXPECT_TRUE(cases.Read().empty()) << "consent withdrawn";
}

TEST(CaseQueueTest, KeepsWholeRowsOfATable) {
  CaseQueue cases;
  cases.Enable({.consent = true, .below = 0.6});
  const RevisionInfo revision = Revision(
      {RowsSpec("size", DType::kF64, {}), RowsSpec("colour", DType::kI64, {}, {"red", "green"})}, {"a", "b"});
  Offer(cases, revision, {Tensor::Of<double>({3}, {1, 2, 3}), Tensor::Of<int64_t>({3}, {0, 1, -1})},
        Tensor::Of<float>({3, 2}, {0.9f, 0.1f, 0.45f, 0.55f, 0.52f, 0.48f}));
  const auto kept = cases.Read();
  ASSERT_EQ(kept.size(), 2u) << "of each of its rows";
  ASSERT_EQ(kept[0].inputs.size(), 2u);
  EXPECT_EQ(kept[0].inputs[0].name, "size");
  EXPECT_EQ(kept[0].inputs[0].row.AsDouble(0), 2);
  EXPECT_EQ(kept[0].inputs[1].category, "green");
  EXPECT_EQ(kept[0].class_name, "b");
  EXPECT_EQ(kept[1].inputs[0].row.dims(), (Dims{1}));
  EXPECT_EQ(kept[1].inputs[1].category, "") << "missing";
}

}  // namespace
}  // namespace sinter
