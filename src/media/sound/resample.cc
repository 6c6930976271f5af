#include "media/sound/resample.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <numbers>
#include <numeric>

namespace sinter {
namespace {

constexpr int64_t kZeros = 64, kSteps = 512;  // zero crossings a side, and table entries between two of them
constexpr double kBeta = 10, kCutOff = 0.94;

// The modified Bessel function of order 0, by its power series.
double Bessel(double x) {
  double sum = 1, term = 1;
  for (int k = 1; term > sum * 1e-17; ++k) {
    term *= (x / 2 / k) * (x / 2 / k);
    sum += term;
  }
  return sum;
}

// sinc(x) under the window, at x = i / kSteps.
const std::vector<double>& Table() {
  static const std::vector<double> table = [] {
    std::vector<double> made(kZeros * kSteps + 2);
    for (size_t i = 0; i < made.size(); ++i) {
      const double x = static_cast<double>(i) / kSteps, share = x / kZeros;
      if (share >= 1) continue;
      const double sinc = x == 0 ? 1 : std::sin(std::numbers::pi * x) / (std::numbers::pi * x);
      made[i] = sinc * Bessel(kBeta * std::sqrt(1 - share * share)) / Bessel(kBeta);
    }
    return made;
  }();
  return table;
}

}  // namespace

std::vector<float> Resample(std::span<const float> samples, int64_t from, int64_t to) {
  if (from == to) return {samples.begin(), samples.end()};
  const int64_t common = std::gcd(from, to), step = from / common, parts = to / common;
  const auto count = static_cast<int64_t>(samples.size());
  const int64_t made = (count * parts + step - 1) / step;
  // How fast the sinc runs, in zero crossings a sample of the source.
  const double speed = kCutOff * std::min(1.0, static_cast<double>(to) / static_cast<double>(from));
  const auto reach = static_cast<int64_t>(std::ceil(kZeros / speed));
  const std::vector<double>& table = Table();
  std::vector<float> out(static_cast<size_t>(made));
  for (int64_t i = 0; i < made; ++i) {
    const int64_t whole = i * step / parts;
    const double rest = static_cast<double>(i * step % parts) / static_cast<double>(parts);
    double sum = 0;
    for (int64_t j = std::max<int64_t>(0, whole - reach); j <= std::min(count - 1, whole + reach + 1); ++j) {
      const double at = std::abs(static_cast<double>(j - whole) - rest) * speed * kSteps;
      const auto entry = static_cast<size_t>(at);
      if (entry + 1 >= table.size()) continue;
      const double weight =
          table[entry] + (table[entry + 1] - table[entry]) * (at - static_cast<double>(entry));
      sum += weight * static_cast<double>(samples[static_cast<size_t>(j)]);
    }
    out[static_cast<size_t>(i)] = static_cast<float>(sum * speed);
  }
  return out;
}

}  // namespace sinter
