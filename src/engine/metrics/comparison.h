// Is one model better than another on the same examples? Paired comparisons with their confidence.
#pragma once

#include <cstdint>

#include "engine/metrics/classification.h"

namespace sinter {

// How two models did on the same examples.
struct PairedOutcomes {
  int64_t both = 0;         // right
  int64_t first_only = 0;   // the first is right, the second is not
  int64_t second_only = 0;  // the other way round
  int64_t neither = 0;
  int64_t samples() const { return both + first_only + second_only + neither; }
  void Add(bool first_right, bool second_right);
  bool operator==(const PairedOutcomes&) const = default;
};

// z with P(|Z| < z) = confidence of a standard normal; confidence in (0, 1).
double TwoSidedZ(double confidence);

// Accuracy of the second less that of the first. The square-and-add interval from two Wilson intervals and
// their correlation, phi corrected for continuity: method 10 of R. G. Newcombe, Statistics in Medicine 17
// (1998) 2635-2650; Fagerland, Lydersen and Laake (Statistics in Medicine 33, 2014) recommend it. No samples:
// [-1, 1].
Estimate PairedAccuracyDifference(const PairedOutcomes& outcomes, double confidence = 0.95);

// How far two models were off on the same examples, summed up in one pass (B. P. Welford, Technometrics 4
// (1962) 419-420).
struct PairedErrors {
  int64_t samples = 0;
  double first_mean = 0, second_mean = 0;
  double difference_mean = 0;     // of the second's less the first's, example by example
  double difference_squares = 0;  // about that mean, summed
  void Add(double first, double second);
  bool operator==(const PairedErrors&) const = default;
};

// Mean error of the second less that of the first, with the paired t interval: mean -+ t s / sqrt(n), s the
// standard deviation of the differences (divisor n - 1), t of n - 1 degrees of freedom (Student, Biometrika 6
// (1908) 1-25); for differences that are not normal it is right as n grows, by the central limit theorem.
// Fewer than two samples: the whole line, as far as doubles go.
Estimate PairedErrorDifference(const PairedErrors& errors, double confidence = 0.95);

// P values of McNemar's exact test, a binomial one on the examples on which they differ: that the second is
// neither better nor worse; and that it is not worse, against that it is.
struct McNemar {
  double two_sided = 1;
  double second_worse = 1;  // small: it is worse
};
McNemar ExactMcNemar(const PairedOutcomes& outcomes);

}  // namespace sinter
