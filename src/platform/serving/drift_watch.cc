#include "platform/serving/drift_watch.h"

#include <algorithm>
#include <cmath>

namespace sinter {
namespace {

// Of those that are not missing.
double MeanOf(std::span<const double> values) {
  double sum = 0;
  int64_t count = 0;
  for (const double value : values) {
    if (std::isnan(value)) continue;
    sum += value;
    ++count;
  }
  return count == 0 ? 0 : sum / static_cast<double>(count);
}

double MissingShare(std::span<const double> values) {
  const auto missing = std::ranges::count_if(values, [](double value) { return std::isnan(value); });
  return values.empty() ? 0 : static_cast<double>(missing) / static_cast<double>(values.size());
}

std::vector<int64_t> CountClasses(std::span<const double> values, int32_t classes) {
  std::vector<int64_t> counts(static_cast<size_t>(classes) + 1);  // the last: no class
  for (const double value : values)
    ++counts[value >= 0 && value < classes ? static_cast<size_t>(value) : static_cast<size_t>(classes)];
  return counts;
}

}  // namespace

DriftReport MeasureDrift(const TrafficRows& reference, const TrafficRows& live, const DriftLimits& limits) {
  DriftReport report;
  const bool same = reference.features == live.features;
  report.reference = static_cast<int64_t>(reference.size());
  report.live = same ? static_cast<int64_t>(live.size()) : 0;
  report.minimum = limits.minimum;
  report.unwatched = reference.features.left_out();
  report.verdict = "too few";
  report.reference_minimum = kLeastReference;
  if (report.live < limits.minimum || report.reference < kLeastReference) return report;
  const TrafficRows own = live.AnsweredBy(reference.revisions[0]);
  report.answered = static_cast<int64_t>(own.size());
  const std::span<const TrafficFeature> features = reference.features.list();
  const auto together = static_cast<int>(features.size());
  for (size_t f = 0; f < features.size(); ++f) {
    if (!features[f].of_input && report.answered < limits.minimum) continue;
    const std::vector<double> before = reference.Column(f),
                              now = (features[f].of_input ? live : own).Column(f);
    DriftMeasure& measure = report.measures.emplace_back();
    measure.name = features[f].name;
    measure.reference_missing = MissingShare(before);
    measure.live_missing = MissingShare(now);
    if (features[f].classes > 0) {
      measure.stability = StabilityOfCounts(CountClasses(before, features[f].classes),
                                            CountClasses(now, features[f].classes), together);
    } else {
      measure.stability = StabilityOfNumbers(before, now, together);
      measure.test = KolmogorovSmirnovTest(before, now);
      measure.reference_mean = MeanOf(before);
      measure.live_mean = MeanOf(now);
    }
    measure.drifted = measure.stability.value > std::max(limits.stability, measure.stability.by_chance);
  }
  std::ranges::stable_partition(report.measures, &DriftMeasure::drifted);
  const bool drifted = !report.measures.empty() && report.measures.front().drifted;
  report.verdict = drifted ? "drift" : "no drift";
  return report;
}

}  // namespace sinter
