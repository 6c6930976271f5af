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
  // All but one in a hundred of the reference's rows are usual, each as the others see it: else what a row
  // adds to the counts itself would draw the bound too near.
  static UsualTraffic Of(const TrafficRows& reference);
  double Distance(std::span<const double> values) const { return Distance(values, 0); }
  bool IsUnusual(std::span<const double> values) const { return Distance(values) > limit_; }
  const TrafficFeatures& features() const { return features_; }

 private:
  struct Feature {
    double known = 0, missing = 0;  // rows
    double mean = 0, squares = 0;   // of the known: sum of squared differences from the mean
    std::vector<double> classes;    // rows of each
    double Distance(double value, double without) const;
  };
  // `without`: 1 where the row is one of the reference, and shall not count there.
  double Distance(std::span<const double> values, double without) const;
  TrafficFeatures features_;
  std::vector<Feature> usual_;  // of the inputs' features, which come first
  double limit_ = 0;
};

}  // namespace sinter
