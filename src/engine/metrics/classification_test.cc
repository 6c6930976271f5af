#include "engine/metrics/classification.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>

namespace sinter {
namespace {

TEST(Wilson, AgreesWithPublishedValues) {
  // Newcombe, Statistics in Medicine 17 (1998), table I, method 3: 81 of 263.
  const Estimate e = WilsonInterval(81, 263);
  EXPECT_NEAR(e.value, 0.3080, 5e-5);
  EXPECT_NEAR(e.low, 0.2553, 5e-5);
  EXPECT_NEAR(e.high, 0.3662, 5e-5);
  EXPECT_EQ(WilsonInterval(0, 0).high, 1.0);
}

TEST(ConfusionMatrix, CountsAndScores) {
  ConfusionMatrix m(3);
  ASSERT_TRUE(m.Add(std::vector<int64_t>{0, 0, 1, 1}, std::vector<int64_t>{0, 1, 1, 1}));
  EXPECT_DOUBLE_EQ(m.Accuracy().value, 0.75);
  EXPECT_DOUBLE_EQ(m.Precision(1), 2.0 / 3);
  EXPECT_DOUBLE_EQ(m.Recall(0), 0.5);
  EXPECT_DOUBLE_EQ(m.MacroF1(), (2 * 1.0 * 0.5 / 1.5 + 2 * (2.0 / 3) / (1 + 2.0 / 3)) / 2);
  ASSERT_TRUE(m.AddScores(std::vector<int64_t>{2}, std::vector<float>{0.1f, 0.1f, 0.8f}));
  EXPECT_EQ(m.At(2, 2), 1);
}

TEST(ConfusionMatrix, RefusesWhatIsNotAClass) {
  ConfusionMatrix m(2);
  EXPECT_FALSE(m.Add(std::vector<int64_t>{2}, std::vector<int64_t>{0}));
  EXPECT_FALSE(m.Add(std::vector<int64_t>{0, 1}, std::vector<int64_t>{0}));
  const auto nan = m.AddScores(std::vector<int64_t>{0}, std::vector<float>{NAN, 1.0f});
  ASSERT_FALSE(nan);
  EXPECT_NE(nan.error().message.find("row 0, class 0 is NaN"), std::string::npos);
  EXPECT_EQ(m.samples(), 0);
}

TEST(Calibration, IsTheGapBetweenConfidenceAndAccuracy) {
  Calibration c(10);
  // Two answers with confidence 0.75, one right: |1 - 1.5| / 2.
  ASSERT_TRUE(c.Add(std::vector<int64_t>{0, 1}, std::vector<float>{0.75f, 0.25f, 0.75f, 0.25f}, 2));
  EXPECT_DOUBLE_EQ(c.ExpectedError(), 0.25);
}

}  // namespace
}  // namespace sinter
