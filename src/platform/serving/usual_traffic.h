// Which requests look like none of the golden set.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "platform/serving/traffic_features.h"

namespace sinter {

// How far a request is from the middle of a reference, over all features of its inputs together: of numbers
// the square of (value - mean) / deviation, of classes and of missing values -2 ln(share of the reference
// that has it), summed. Where features are normal and independent, that is what remains of -2 ln(likelihood).
// One bound for the sum, not one a feature: with thirty of those, every third request would be unusual.
class UsualTraffic {
 public:
  // All but one in a hundred of the reference's rows are usual.
  static UsualTraffic Of(const TrafficRows& reference);
  double Distance(std::span<const double> values) const;
  bool IsUnusual(std::span<const double> values) const { return Distance(values) > limit_; }
  const TrafficFeatures& features() const { return features_; }

 private:
  struct Feature {
    double mean = 0, deviation = 0;
    double present = 0, missing = 0;  // what each adds
    std::vector<double> classes;      // what each class adds
  };
  TrafficFeatures features_;
  std::vector<Feature> usual_;  // of the inputs' features, which come first
  double limit_ = 0;
};

}  // namespace sinter
