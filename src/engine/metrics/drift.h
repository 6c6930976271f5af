// Have two samples come from the same distribution? Measures of drift, with what chance alone would give.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

namespace sinter {

// The population stability index, sum of (q - p) ln(q / p) over bins, of the expected and the actual shares.
struct StabilityIndex {
  double value = 0;
  // Were both samples of one distribution, the index would stay below this in 99% of cases, and where several
  // are compared, so would all of theirs (Bonferroni): chi-squared with bins - 1 degrees of freedom times
  // (1/n + 1/m) (B. Yurdakul and J. Naranjo, Journal of Risk Model Validation 14, 2020).
  double by_chance = 0;
  int64_t expected = 0, actual = 0;  // samples
  int bins = 0;
};
// Counts by category, equally many categories (a broken invariant otherwise). Each has half an example added,
// so that an empty one does not make it infinite. By convention below 0.1: stable; above 0.25: shifted.
// `comparisons`: how many such pairs of samples are looked at together.
StabilityIndex StabilityOfCounts(std::span<const int64_t> expected, std::span<const int64_t> actual,
                                 int comparisons = 1);
// Numbers: bins are the deciles of `expected`, fewer where values repeat; of no more than ten values each is
// one, and what is none of them another. NaN counts as a bin of its own.
StabilityIndex StabilityOfNumbers(std::span<const double> expected, std::span<const double> actual,
                                  int comparisons = 1);

// The two-sample Kolmogorov-Smirnov test.
struct KolmogorovSmirnov {
  double distance = 0;  // largest distance between the two empirical distribution functions
  double p_value = 1;   // that two samples of one distribution are at least so far apart
  int64_t first = 0, second = 0;
};
// Exact for n * m up to 10,000 (by the count of lattice paths; with ties, a bound: it is conservative), else
// Kolmogorov's limit, as R's ks.test has it. NaN are left out. An empty sample: distance 0, p 1.
KolmogorovSmirnov KolmogorovSmirnovTest(std::span<const double> first, std::span<const double> second);

}  // namespace sinter
