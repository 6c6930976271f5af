#include "engine/metrics/comparison.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include <boost/math/distributions/binomial.hpp>
#include <boost/math/distributions/normal.hpp>
#include <boost/math/distributions/students_t.hpp>

namespace sinter {

void PairedOutcomes::Add(bool first_right, bool second_right) {
  if (first_right)
    ++(second_right ? both : first_only);
  else
    ++(second_right ? second_only : neither);
}

double TwoSidedZ(double confidence) {
  SINTER_CHECK(confidence > 0 && confidence < 1);
  return boost::math::quantile(boost::math::complement(boost::math::normal(), (1 - confidence) / 2));
}

Estimate PairedAccuracyDifference(const PairedOutcomes& outcomes, double confidence) {
  const int64_t n = outcomes.samples();
  if (n <= 0) return {0, -1, 1, 0};
  const double z = TwoSidedZ(confidence);
  const Estimate first = WilsonInterval(outcomes.both + outcomes.first_only, n, z);
  const Estimate second = WilsonInterval(outcomes.both + outcomes.second_only, n, z);
  const auto a = static_cast<double>(outcomes.both), b = static_cast<double>(outcomes.second_only),
             c = static_cast<double>(outcomes.first_only), d = static_cast<double>(outcomes.neither);
  const double margins = (a + b) * (c + d) * (a + c) * (b + d);
  double phi = 0;
  if (margins > 0) {
    const double excess = a * d - b * c;
    phi = (excess > 0 ? std::max(excess - static_cast<double>(n) / 2, 0.0) : excess) / std::sqrt(margins);
  }
  const auto span = [phi](double x, double y) {
    return std::sqrt(std::max(0.0, x * x - 2 * phi * x * y + y * y));
  };
  const double difference = second.value - first.value;
  return {difference, std::max(-1.0, difference - span(second.value - second.low, first.high - first.value)),
          std::min(1.0, difference + span(first.value - first.low, second.high - second.value)), n};
}

void PairedErrors::Add(double first, double second) {
  ++samples;
  const auto n = static_cast<double>(samples);
  first_mean += (first - first_mean) / n;
  second_mean += (second - second_mean) / n;
  const double difference = second - first, before = difference - difference_mean;
  difference_mean += before / n;
  difference_squares += before * (difference - difference_mean);
}

Estimate PairedErrorDifference(const PairedErrors& errors, double confidence) {
  SINTER_CHECK(confidence > 0 && confidence < 1);
  constexpr double kEnd = std::numeric_limits<double>::max();
  if (errors.samples < 2) return {errors.difference_mean, -kEnd, kEnd, errors.samples};
  const auto n = static_cast<double>(errors.samples);
  const double t =
      boost::math::quantile(boost::math::complement(boost::math::students_t(n - 1), (1 - confidence) / 2));
  const double half = t * std::sqrt(errors.difference_squares / (n - 1) / n);
  return {errors.difference_mean, std::max(-kEnd, errors.difference_mean - half),
          std::min(kEnd, errors.difference_mean + half), errors.samples};
}

McNemar ExactMcNemar(const PairedOutcomes& outcomes) {
  const int64_t differing = outcomes.first_only + outcomes.second_only;
  if (differing == 0) return {};
  const boost::math::binomial law(static_cast<double>(differing), 0.5);
  const auto at_most = [&](int64_t k) { return boost::math::cdf(law, static_cast<double>(k)); };
  return {std::min(1.0, 2 * at_most(std::min(outcomes.first_only, outcomes.second_only))),
          at_most(outcomes.second_only)};
}

}  // namespace sinter
