#include "platform/serving/usual_traffic.h"

#include <algorithm>
#include <cmath>

namespace sinter {
namespace {

// Of what never changes in the reference, any other value.
constexpr double kFar = 100;
constexpr size_t kRare = 100;  // one in so many

// Half a row is added to each of `kinds`, so that what the reference has not is far, not infinitely far.
double Surprise(int64_t count, size_t all, size_t kinds) {
  return -2 * std::log((static_cast<double>(count) + 0.5) /
                       (static_cast<double>(all) + 0.5 * static_cast<double>(kinds)));
}

}  // namespace

UsualTraffic UsualTraffic::Of(const TrafficRows& reference) {
  UsualTraffic usual;
  usual.features_ = reference.features;
  const std::span<const TrafficFeature> features = reference.features.list();
  for (size_t f = 0; f < features.size() && features[f].of_input; ++f) {
    Feature& feature = usual.usual_.emplace_back();
    std::vector<double> known = reference.Column(f);
    const size_t all = known.size();
    std::erase_if(known, [](double value) { return std::isnan(value); });
    const auto missing = static_cast<int64_t>(all - known.size());
    if (features[f].classes > 0) {
      std::vector<int64_t> counts(static_cast<size_t>(features[f].classes));
      for (const double value : known) {
        if (value < static_cast<double>(counts.size())) ++counts[static_cast<size_t>(value)];
      }
      for (const int64_t count : counts) feature.classes.push_back(Surprise(count, all, counts.size() + 1));
      feature.missing = Surprise(missing, all, counts.size() + 1);
      continue;
    }
    feature.missing = Surprise(missing, all, 2);
    feature.present = Surprise(static_cast<int64_t>(known.size()), all, 2);
    if (known.empty()) continue;
    double sum = 0, squares = 0;
    for (const double value : known) sum += value;
    feature.mean = sum / static_cast<double>(known.size());
    for (const double value : known) squares += (value - feature.mean) * (value - feature.mean);
    feature.deviation = std::sqrt(squares / static_cast<double>(known.size()));
    // What is equal but for the rounding of its mean does not change.
    if (feature.deviation <= 1e-12 * std::abs(feature.mean)) feature.deviation = 0;
  }
  std::vector<double> distances;
  distances.reserve(reference.size());
  for (size_t i = 0; i < reference.size(); ++i) distances.push_back(usual.Distance(reference.row(i)));
  std::ranges::sort(distances);
  if (!distances.empty()) usual.limit_ = distances[distances.size() - 1 - distances.size() / kRare];
  return usual;
}

double UsualTraffic::Distance(std::span<const double> values) const {
  double distance = 0;
  for (size_t f = 0; f < usual_.size(); ++f) {
    const Feature& feature = usual_[f];
    const double value = values[f];
    if (std::isnan(value)) {
      distance += feature.missing;
    } else if (!feature.classes.empty()) {
      const auto index = static_cast<size_t>(value);
      distance += index < feature.classes.size() ? feature.classes[index] : kFar;
    } else if (feature.deviation > 0) {
      const double off = (value - feature.mean) / feature.deviation;
      distance += off * off + feature.present;
    } else {
      const bool same = std::abs(value - feature.mean) <= 1e-9 * std::abs(feature.mean);
      distance += (same ? 0 : kFar) + feature.present;
    }
  }
  return distance;
}

}  // namespace sinter
