// Against values of SciPy 1.17 (stats.ks_2samp, kstwobign, chi2) and of R's documentation.
#include "engine/metrics/drift.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <vector>

#include "base/random.h"

namespace sinter {
namespace {

TEST(Stability, OfCounts) {
  const StabilityIndex index =
      StabilityOfCounts(std::vector<int64_t>{100, 200, 300, 400}, std::vector<int64_t>{250, 250, 250, 250});
  EXPECT_NEAR(index.value, 0.22716075969343758, 1e-12);
  EXPECT_NEAR(index.by_chance, 0.022689733460288748, 1e-12);
  EXPECT_EQ(index.expected, 1000);
  EXPECT_NEAR(StabilityOfCounts(std::vector<int64_t>{10, 0}, std::vector<int64_t>{0, 10}).value,
              5.535495341315315, 1e-12)
      << "an empty bin is no infinity";
  EXPECT_EQ(StabilityOfCounts(std::vector<int64_t>{10, 0}, std::vector<int64_t>{0, 0}).value, 0);
}

TEST(Stability, StaysBelowWhatChanceGives) {
  constexpr uint64_t kRounds = 1000;
  int above = 0;
  for (uint64_t round = 0; round < kRounds; ++round) {
    std::vector<double> a, b;
    for (uint64_t i = 0; i < 600; ++i) a.push_back(RandomNormal(5, round, i));
    for (uint64_t i = 0; i < 300; ++i) b.push_back(RandomNormal(6, round, i));
    const StabilityIndex index = StabilityOfNumbers(a, b);
    above += index.value > index.by_chance;
  }
  EXPECT_LE(above, 30) << "1% is the promise";
}

TEST(Stability, OfNumbers) {
  std::vector<double> before, same, shifted;
  for (uint64_t i = 0; i < 2000; ++i) {
    before.push_back(RandomNormal(1, 0, i));
    same.push_back(RandomNormal(2, 0, i));
    shifted.push_back(1 + RandomNormal(3, 0, i));
  }
  EXPECT_LT(StabilityOfNumbers(before, same).value, 0.05);
  EXPECT_GT(StabilityOfNumbers(before, shifted).value, 0.5);
  EXPECT_EQ(StabilityOfNumbers(before, same).bins, 10);
  const std::vector<double> constant(100, 3.0), other(100, 77.0), none(100, std::nan(""));
  EXPECT_EQ(StabilityOfNumbers(constant, constant).value, 0);
  // What never changed, or never was there, can be seen to.
  for (const auto& [a, b] :
       {std::pair(constant, other), std::pair(constant, none), std::pair(none, constant)}) {
    const StabilityIndex index = StabilityOfNumbers(a, b);
    EXPECT_GT(index.value, std::max(1.0, index.by_chance));
    EXPECT_EQ(index.bins, 2);
  }
  std::vector<double> zeros_and_ones, twos(100, 2.0);
  for (int i = 0; i < 100; ++i) zeros_and_ones.push_back(i % 2);
  EXPECT_GT(StabilityOfNumbers(zeros_and_ones, twos).value, 1) << "two is not one";
  EXPECT_EQ(StabilityOfNumbers(zeros_and_ones, zeros_and_ones).bins, 2);
  std::vector<double> broken = same;
  for (size_t i = 0; i < 1000; ++i) broken[i] = std::numeric_limits<double>::quiet_NaN();
  EXPECT_GT(StabilityOfNumbers(before, broken).value, 0.5) << "NaN are a change";
  EXPECT_EQ(StabilityOfNumbers({}, same).bins, 0);
}

TEST(KolmogorovSmirnovTwoSamples, SmallOnesAreExact) {
  const std::vector<double> x{0.61, 0.29, 0.06,  0.59,  -1.73, -0.74, 0.51, -0.56, 0.39,
                              1.64, 0.05, -0.06, 0.64,  -0.82, 0.37,  1.77, 1.09,  -1.28,
                              2.36, 1.31, 1.05,  -0.32, -0.40, 1.06,  -2.47};
  std::vector<double> y;
  for (int i = -5; i < 13; ++i) y.push_back(i / 7.0);
  const KolmogorovSmirnov test = KolmogorovSmirnovTest(x, y);
  EXPECT_NEAR(test.distance, 0.2, 1e-12);
  EXPECT_NEAR(test.p_value, 0.7054983642055856, 1e-9);
  EXPECT_EQ(test.first, 25);
  // Two of two, apart: the paths along the edges, 2 of 6.
  EXPECT_NEAR(KolmogorovSmirnovTest(std::vector<double>{1, 2}, std::vector<double>{3, 4}).p_value, 1.0 / 3,
              1e-12);
}

TEST(KolmogorovSmirnovTwoSamples, LargeOnesByTheLimit) {
  std::vector<double> u, v;
  for (int i = 0; i < 500; ++i) u.push_back(i * 7919 % 1000 / 1000.0);
  for (int i = 0; i < 400; ++i) v.push_back(std::pow(i * 104729LL % 1000 / 1000.0, 1.2));
  const KolmogorovSmirnov test = KolmogorovSmirnovTest(u, v);
  EXPECT_NEAR(test.distance, 0.075, 1e-12);
  EXPECT_NEAR(test.p_value, 0.16407919772665233, 1e-9);
  std::vector<double> far = u;
  for (double& value : far) value += 0.5;
  EXPECT_LT(KolmogorovSmirnovTest(u, far).p_value, 1e-20);
}

TEST(KolmogorovSmirnovTwoSamples, NothingIsNoDistance) {
  EXPECT_EQ(KolmogorovSmirnovTest({}, std::vector<double>{1}).p_value, 1);
  EXPECT_EQ(KolmogorovSmirnovTest(std::vector<double>{NAN}, std::vector<double>{1}).first, 0);
}

}  // namespace
}  // namespace sinter
