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

// Student's own example: hours of sleep by two drugs, ten patients (Biometrika 6 (1908), p. 20; R's `sleep`).
// R's t.test(extra, paired = TRUE) gives 1.58 and the interval 0.7001142 to 2.4598858.
TEST(PairedErrorDifference, IsStudentsInterval) {
  const double first[] = {0.7, -1.6, -0.2, -1.2, -0.1, 3.4, 3.7, 0.8, 0.0, 2.0};
  const double second[] = {1.9, 0.8, 1.1, 0.1, -0.1, 4.4, 5.5, 1.6, 4.6, 3.4};
  PairedErrors errors;
  for (size_t i = 0; i < 10; ++i) errors.Add(first[i], second[i]);
  const Estimate e = PairedErrorDifference(errors);
  EXPECT_NEAR(errors.first_mean, 0.75, 1e-12);
  EXPECT_NEAR(errors.second_mean, 2.33, 1e-12);
  EXPECT_NEAR(e.value, 1.58, 1e-12);
  EXPECT_NEAR(e.low, 0.7001142, 1e-7);
  EXPECT_NEAR(e.high, 2.4598858, 1e-7);
  EXPECT_EQ(e.samples, 10);
}

TEST(PairedErrorDifference, KnowsWhatItCannotTell) {
  PairedErrors errors;
  EXPECT_LT(PairedErrorDifference(errors).low, -1e300);
  errors.Add(1, 2);
  EXPECT_GT(PairedErrorDifference(errors).high, 1e300) << "one example says nothing of the next";
  errors.Add(3, 4);
  const Estimate same = PairedErrorDifference(errors);
  EXPECT_EQ(same.low, 1);
  EXPECT_EQ(same.high, 1);
}

TEST(PairedErrorDifference, CoversWhatItSays) {
  constexpr int kRounds = 2000, kSamples = 100;
  int covered = 0;
  for (int round = 0; round < kRounds; ++round) {
    PairedErrors errors;
    for (int i = 0; i < kSamples; ++i) {
      // Errors that share an example's difficulty; the second's are larger by 0.25 on average.
      const auto u = [&](uint64_t k) {
        return RandomUniform(17, static_cast<uint64_t>(round), static_cast<uint64_t>(i) * 4 + k);
      };
      const double hard = 5 * u(0);
      errors.Add(hard + u(1), hard + u(2) + u(3) * u(3) * 0.75);
    }
    const Estimate e = PairedErrorDifference(errors);
    covered += e.low <= 0.25 && 0.25 <= e.high;
  }
  EXPECT_GT(covered, kRounds * 0.93);
  EXPECT_LT(covered, kRounds * 0.97);
}

TEST(TwoSidedZ, IsTheNormalQuantile) {
  EXPECT_NEAR(TwoSidedZ(0.95), 1.959963984540054, 1e-12);
  EXPECT_NEAR(TwoSidedZ(0.99), 2.5758293035489004, 1e-12);
}

}  // namespace
}  // namespace sinter
