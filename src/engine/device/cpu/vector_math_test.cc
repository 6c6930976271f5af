// The vectorisable functions against the C library's in f64.
#include "engine/device/cpu/vector_math.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <limits>

namespace sinter {
namespace {

// The largest distance over [lo, hi] in units in the last place of the exact result, numbers below the
// smallest normal one counted as it.
double WorstUlps(float (*got)(float), double (*exact)(double), double lo, double hi) {
  double worst = 0;
  constexpr int kSteps = 400'001;
  for (int i = 0; i < kSteps; ++i) {
    const float x = static_cast<float>(lo + (hi - lo) * i / (kSteps - 1));
    const double want = exact(static_cast<double>(x));
    const double size = std::max(std::abs(want), static_cast<double>(std::numeric_limits<float>::min()));
    const double ulp = std::exp2(std::floor(std::log2(size)) - 23);
    worst = std::max(worst, std::abs(static_cast<double>(got(x)) - want) / ulp);
  }
  return worst;
}

namespace vm = vector_math;

TEST(VectorMath, WithinAFewUnitsInTheLastPlace) {
  auto exp = [](float x) { return vm::Exp(x); };
  EXPECT_LE(WorstUlps(exp, [](double x) { return std::exp(x); }, -87, 88.7), 2);
  EXPECT_LE(WorstUlps(exp, [](double x) { return std::exp(x); }, -104, -87), 2);
  auto expm1 = [](float x) { return vm::ExpMinusOne(x); };
  EXPECT_LE(WorstUlps(expm1, [](double x) { return std::expm1(x); }, -5, 5), 4);
  EXPECT_LE(WorstUlps(expm1, [](double x) { return std::expm1(x); }, -1e-3, 1e-3), 4);
  auto log = [](float x) { return vm::Log(x); };
  EXPECT_LE(WorstUlps(log, [](double x) { return std::log(x); }, 1e-6, 10), 3);
  EXPECT_LE(WorstUlps(log, [](double x) { return std::log(x); }, 1e-40, 1e-37), 3);
  EXPECT_LE(WorstUlps(log, [](double x) { return std::log(x); }, 1e30, 3e38), 3);
  auto tanh = [](float x) { return vm::Tanh(x); };
  EXPECT_LE(WorstUlps(tanh, [](double x) { return std::tanh(x); }, -12, 12), 3);
  auto erf = [](float x) { return vm::Erf(x); };
  EXPECT_LE(WorstUlps(erf, [](double x) { return std::erf(x); }, -6, 6), 8);
  auto sigmoid = [](float x) { return vm::Sigmoid(x); };
  EXPECT_LE(WorstUlps(sigmoid, [](double x) { return 1 / (1 + std::exp(-x)); }, -80, 80), 4);
  auto softplus = [](float x) { return vm::Softplus(x); };
  EXPECT_LE(WorstUlps(softplus, [](double x) { return std::log1p(std::exp(x)); }, -80, 80), 6);
}

TEST(VectorMath, EndsOfTheLine) {
  constexpr float kInfinity = std::numeric_limits<float>::infinity();
  const float nan = std::numeric_limits<float>::quiet_NaN();
  EXPECT_EQ(vm::Exp(kInfinity), kInfinity);
  EXPECT_EQ(vm::Exp(-kInfinity), 0.0f);
  EXPECT_EQ(vm::Exp(0.0f), 1.0f);
  EXPECT_EQ(vm::Log(0.0f), -kInfinity);
  EXPECT_EQ(vm::Log(kInfinity), kInfinity);
  EXPECT_EQ(vm::Log(1.0f), 0.0f);
  EXPECT_EQ(vm::Tanh(kInfinity), 1.0f);
  EXPECT_EQ(vm::Tanh(-kInfinity), -1.0f);
  EXPECT_EQ(vm::Sigmoid(-kInfinity), 0.0f);
  EXPECT_EQ(vm::Sigmoid(kInfinity), 1.0f);
  EXPECT_NEAR(vm::Erf(kInfinity), 1.0f, 2e-7);
  EXPECT_EQ(vm::Softplus(kInfinity), kInfinity);
  for (const float y : {vm::Exp(nan), vm::Log(nan), vm::Log(-1.0f), vm::Tanh(nan), vm::Sigmoid(nan),
                        vm::Erf(nan), vm::Softplus(nan), vm::ExpMinusOne(nan)})
    EXPECT_TRUE(std::isnan(y));
}

}  // namespace
}  // namespace sinter
