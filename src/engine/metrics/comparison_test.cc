// Against published tables, and values of SciPy 1.17.
#include "engine/metrics/comparison.h"

#include <gtest/gtest.h>

#include "base/random.h"

namespace sinter {
namespace {

TEST(PairedAccuracy, AgreesWithPublishedIntervals) {
  // Newcombe (1998), table II, method 10: 36, 12, 2, 0.
  Estimate e = PairedAccuracyDifference({36, 2, 12, 0});
  EXPECT_NEAR(e.value, 0.2, 1e-12);
  EXPECT_NEAR(e.low, 0.0569, 5e-5);
  EXPECT_NEAR(e.high, 0.3404, 5e-5);
  EXPECT_EQ(e.samples, 50);
  // Fagerland, Lydersen and Laake (2014): airway hyper-responsiveness before and after transplantation.
  e = PairedAccuracyDifference({1, 7, 1, 12});
  EXPECT_NEAR(e.value, -0.286, 5e-4);
  EXPECT_NEAR(e.low, -0.507, 5e-4);
  EXPECT_NEAR(e.high, -0.026, 5e-4);
}

TEST(PairedAccuracy, TurnsRoundWithItsSides) {
  const Estimate e = PairedAccuracyDifference({1919, 30, 25, 26}),
                 back = PairedAccuracyDifference({1919, 25, 30, 26});
  EXPECT_NEAR(e.low, -0.010100257617, 1e-10);
  EXPECT_NEAR(e.high, 0.004993303448, 1e-10);
  EXPECT_NEAR(e.low, -back.high, 1e-12);
  EXPECT_NEAR(e.high, -back.low, 1e-12);
}

TEST(PairedAccuracy, BoundaryCases) {
  const Estimate none = PairedAccuracyDifference({});
  EXPECT_EQ(none.low, -1);
  EXPECT_EQ(none.high, 1);
  const Estimate same = PairedAccuracyDifference({1000, 0, 0, 0});
  EXPECT_EQ(same.value, 0);
  EXPECT_LT(same.low, 0);
  EXPECT_GT(same.low, -0.01) << "equal answers to 1,000 examples bound the difference";
  const Estimate worst = PairedAccuracyDifference({0, 50, 0, 0});
  EXPECT_EQ(worst.value, -1);
  EXPECT_EQ(worst.low, -1);
}

// The interval of nominal 95% holds the true difference in some 95% of samples.
TEST(PairedAccuracy, CoversWhatItSays) {
  constexpr int kRounds = 2000, kSamples = 200;
  int covered = 0;
  for (int round = 0; round < kRounds; ++round) {
    PairedOutcomes outcomes;
    for (int i = 0; i < kSamples; ++i) {
      const double u = RandomUniform(11, static_cast<uint64_t>(round), static_cast<uint64_t>(i));
      // Both right 0.80, first only 0.06, second only 0.09, neither 0.05: the difference is 0.03.
      outcomes.Add(u < 0.86, u < 0.80 || (u >= 0.86 && u < 0.95));
    }
    const Estimate e = PairedAccuracyDifference(outcomes);
    covered += e.low <= 0.03 && 0.03 <= e.high;
  }
  EXPECT_GT(covered, kRounds * 0.935);
  EXPECT_LT(covered, kRounds * 0.975);
}

TEST(McNemarTest, IsExact) {
  // Fagerland and others (2014): p = 0.070 for 1 and 7.
  EXPECT_NEAR(ExactMcNemar({1, 7, 1, 12}).two_sided, 0.0703125, 1e-12);
  EXPECT_NEAR(ExactMcNemar({1, 7, 1, 12}).second_worse, 0.03515625, 1e-12);
  EXPECT_NEAR(ExactMcNemar({1, 1, 7, 12}).second_worse, 0.99609375, 1e-12);
  EXPECT_EQ(ExactMcNemar({5, 0, 0, 5}).two_sided, 1);
  EXPECT_EQ(ExactMcNemar({5, 3, 3, 5}).two_sided, 1);
}

TEST(TwoSidedZ, IsTheNormalQuantile) {
  EXPECT_NEAR(TwoSidedZ(0.95), 1.959963984540054, 1e-12);
  EXPECT_NEAR(TwoSidedZ(0.99), 2.5758293035489004, 1e-12);
}

}  // namespace
}  // namespace sinter
