#include "engine/metrics/drift.h"

#include <algorithm>
#include <cmath>
#include <iterator>
#include <numbers>

#include <boost/math/distributions/chi_squared.hpp>

#include "base/result.h"

namespace sinter {
namespace {

constexpr double kBeyondByChance = 0.01;
constexpr size_t kBins = 10;  // of numbers

std::vector<double> SortedNumbers(std::span<const double> values) {
  std::vector<double> numbers;
  numbers.reserve(values.size());
  std::ranges::copy_if(values, std::back_inserter(numbers), [](double v) { return !std::isnan(v); });
  std::ranges::sort(numbers);
  return numbers;
}

int64_t Sum(std::span<const int64_t> counts) {
  int64_t sum = 0;
  for (const int64_t count : counts) sum += count;
  return sum;
}

// P(D >= d) for samples of n and m. The probability that a random lattice path from (0, 0) to (n, m) stays
// where |i/n - j/m| < d, taken column by column; R's psmirnov is of this form.
double ExactTail(double d, size_t n, size_t m) {
  if (n > m) std::swap(n, m);
  const auto nd = static_cast<double>(n), md = static_cast<double>(m);
  // Distances are multiples of 1/(nm): half of one less, so that rounding does not let d itself inside.
  const double limit = d - 0.5 / (nd * md);
  const auto inside = [&](size_t i, size_t j) {
    return std::abs(static_cast<double>(i) / nd - static_cast<double>(j) / md) < limit;
  };
  std::vector<double> row(m + 1);
  for (size_t j = 0; j <= m; ++j) row[j] = inside(0, j) && (j == 0 || row[j - 1] > 0) ? 1 : 0;
  for (size_t i = 1; i <= n; ++i) {
    // Each row is scaled by i / (i + m): together 1 / binomial(n + m, n), without its size.
    const double scale = static_cast<double>(i) / static_cast<double>(i + m);
    row[0] = inside(i, 0) ? scale * row[0] : 0;
    for (size_t j = 1; j <= m; ++j) row[j] = inside(i, j) ? scale * row[j] + row[j - 1] : 0;
  }
  return std::clamp(1 - row[m], 0.0, 1.0);
}

// Kolmogorov's limit distribution, P(K >= x); for small x the other of its two series, which converges there.
double LimitTail(double x) {
  if (x <= 0) return 1;
  constexpr double kPi = std::numbers::pi;
  double sum = 0;
  if (x < 1) {
    for (int k = 1; k <= 20; ++k) {
      const double odd = 2.0 * k - 1;
      sum += std::exp(-odd * odd * kPi * kPi / (8 * x * x));
    }
    return std::clamp(1 - std::sqrt(2 * kPi) / x * sum, 0.0, 1.0);
  }
  for (int k = 1; k <= 20; ++k) sum += (k % 2 == 1 ? 2 : -2) * std::exp(-2.0 * k * k * x * x);
  return std::clamp(sum, 0.0, 1.0);
}

}  // namespace

StabilityIndex StabilityOfCounts(std::span<const int64_t> expected, std::span<const int64_t> actual,
                                 int comparisons) {
  SINTER_CHECK(expected.size() == actual.size());
  StabilityIndex index{0, 0, Sum(expected), Sum(actual), static_cast<int>(expected.size())};
  if (index.bins < 2 || index.expected == 0 || index.actual == 0) return index;
  const auto n = static_cast<double>(index.expected), m = static_cast<double>(index.actual);
  const double added = 0.5 * index.bins;
  for (size_t i = 0; i < expected.size(); ++i) {
    const double p = (static_cast<double>(expected[i]) + 0.5) / (n + added);
    const double q = (static_cast<double>(actual[i]) + 0.5) / (m + added);
    index.value += (q - p) * std::log(q / p);
  }
  const boost::math::chi_squared law(index.bins - 1);
  const double beyond = kBeyondByChance / std::max(1, comparisons);
  index.by_chance = boost::math::quantile(boost::math::complement(law, beyond)) * (1 / n + 1 / m);
  return index;
}

StabilityIndex StabilityOfNumbers(std::span<const double> expected, std::span<const double> actual,
                                  int comparisons) {
  if (expected.empty()) return {0, 0, 0, static_cast<int64_t>(actual.size()), 0};
  const std::vector<double> sorted = SortedNumbers(expected);
  std::vector<double> few;  // the values, where there are no more than bins
  std::ranges::unique_copy(sorted, std::back_inserter(few));
  const bool exact = few.size() <= kBins;
  std::vector<double> bounds;  // bin i holds what is at most bounds[i], and above the one before
  for (size_t i = 1; i < kBins && !exact; ++i) {
    const double bound = sorted[sorted.size() * i / kBins];
    if ((bounds.empty() || bound > bounds.back()) && bound < sorted.back()) bounds.push_back(bound);
  }
  // After the bins of numbers: what is none of few values, and what is missing.
  const size_t bins = exact ? few.size() : bounds.size() + 1;
  const auto bin_of = [&](double value) {
    if (std::isnan(value)) return bins + 1;
    const std::vector<double>& places = exact ? few : bounds;
    const auto at = static_cast<size_t>(std::ranges::lower_bound(places, value) - places.begin());
    return exact && (at == few.size() || few[at] != value) ? bins : at;
  };
  std::vector<int64_t> before(bins + 2), now(bins + 2);
  for (const double value : expected) ++before[bin_of(value)];
  for (const double value : actual) ++now[bin_of(value)];
  for (size_t i = bins + 2; i-- > bins;) {
    if (before[i] + now[i] > 0) continue;
    before.erase(before.begin() + static_cast<std::ptrdiff_t>(i));
    now.erase(now.begin() + static_cast<std::ptrdiff_t>(i));
  }
  return StabilityOfCounts(before, now, comparisons);
}

KolmogorovSmirnov KolmogorovSmirnovTest(std::span<const double> first, std::span<const double> second) {
  const std::vector<double> a = SortedNumbers(first), b = SortedNumbers(second);
  KolmogorovSmirnov test{0, 1, static_cast<int64_t>(a.size()), static_cast<int64_t>(b.size())};
  if (a.empty() || b.empty()) return test;
  const auto n = static_cast<double>(a.size()), m = static_cast<double>(b.size());
  for (size_t i = 0, j = 0; i < a.size() && j < b.size();) {
    const double value = std::min(a[i], b[j]);
    while (i < a.size() && a[i] <= value) ++i;
    while (j < b.size() && b[j] <= value) ++j;
    test.distance =
        std::max(test.distance, std::abs(static_cast<double>(i) / n - static_cast<double>(j) / m));
  }
  if (test.distance == 0) return test;
  test.p_value = n * m <= 10'000 ? ExactTail(test.distance, a.size(), b.size())
                                 : LimitTail(test.distance * std::sqrt(n * m / (n + m)));
  return test;
}

}  // namespace sinter
