// Live traffic against the golden set: what became of it.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "engine/metrics/drift.h"
#include "platform/serving/gates.h"
#include "platform/serving/traffic_features.h"

namespace sinter {

struct DriftMeasure {
  std::string name;  // the feature's
  StabilityIndex stability;
  KolmogorovSmirnov test;                          // not of classes, which have no order
  double reference_mean = 0, live_mean = 0;        // of what is not missing
  double reference_missing = 0, live_missing = 0;  // shares
  bool drifted = false;
};

struct DriftReport {
  std::string verdict;                         // "too few", "no drift", "drift"
  int64_t reference = 0, live = 0;             // rows
  int64_t minimum = 0, reference_minimum = 0;  // of live ones, and of the reference; fewer are too few
  int64_t answered = 0;  // of the live ones, by the revision that answered the reference
  std::string dataset;   // the golden set: "fashion@1"
  // Those that drifted first, each part in the features' order; none while there are too few.
  std::vector<DriftMeasure> measures;
  int64_t unwatched = 0;  // inputs and outputs beyond the features that there is room for
};

// Fewer of the reference are no sample of anything: of ten bins each has five.
inline constexpr int64_t kLeastReference = 50;

// A measure has drifted where its stability index is above the limit and above what chance alone gives one of
// so many: with thousands of samples a Kolmogorov-Smirnov test finds differences that matter to nobody, so
// its p value is told, not judged. Rows of other features than the reference's are none. Inputs are those of
// all rows; answers those of the revision that answered the reference, once there are `minimum`: another
// model's say nothing of this one.
DriftReport MeasureDrift(const TrafficRows& reference, const TrafficRows& live, const DriftLimits& limits);

}  // namespace sinter
