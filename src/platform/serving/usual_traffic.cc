#include "platform/serving/usual_traffic.h"

#include <algorithm>
#include <cmath>

namespace sinter {
namespace {

// Of what never changes in the reference, any other value.
constexpr double kFar = 100;
constexpr size_t kRare = 100;  // one in so many
constexpr double kEqual = 1e-9;

// Half a row is added to each of `kinds`, so that what the reference has not is far, not infinitely far.
double Surprise(double rows, double all, double kinds) {
  return -2 * std::log((rows + 0.5) / (all + 0.5 * kinds));
}

}  // namespace

UsualTraffic UsualTraffic::Of(const TrafficRows& reference) {
  UsualTraffic usual;
  usual.features_ = reference.features;
  const std::span<const TrafficFeature> features = reference.features.list();
  for (size_t f = 0; f < features.size() && features[f].of_input; ++f) {
    Feature& feature = usual.usual_.emplace_back();
    std::vector<double> known = reference.Column(f);
    std::erase_if(known, [](double value) { return std::isnan(value); });
    feature.known = static_cast<double>(known.size());
    feature.missing = static_cast<double>(reference.size() - known.size());
    feature.classes.resize(static_cast<size_t>(features[f].classes));
    if (features[f].classes > 0) {
      for (const double value : known) {
        if (value < static_cast<double>(feature.classes.size()))
          ++feature.classes[static_cast<size_t>(value)];
      }
      continue;
    }
    if (known.empty()) continue;
    double sum = 0;
    for (const double value : known) sum += value;
    feature.mean = sum / feature.known;
    for (const double value : known) feature.squares += (value - feature.mean) * (value - feature.mean);
  }
  std::vector<double> distances;
  distances.reserve(reference.size());
  for (size_t i = 0; i < reference.size(); ++i) distances.push_back(usual.Distance(reference.row(i), 1));
  std::ranges::sort(distances);
  if (!distances.empty()) usual.limit_ = distances[distances.size() - 1 - distances.size() / kRare];
  return usual;
}

double UsualTraffic::Feature::Distance(double value, double without) const {
  const double all = known + missing - without;
  const double kinds = classes.empty() ? 2 : static_cast<double>(classes.size()) + 1;
  if (std::isnan(value)) return Surprise(missing - without, all, kinds);
  if (!classes.empty()) {
    const auto index = static_cast<size_t>(value);
    return index < classes.size() ? Surprise(classes[index] - without, all, kinds) : kFar;
  }
  const double n = known - without;
  const double present = Surprise(n, all, kinds);
  if (n < 1) return present + kFar;
  // Of the others: their mean m' = m + (m - value) / n, their squares S' = S - n / (n + 1) (value - m')^2.
  const double others = without > 0 ? mean + (mean - value) / n : mean;
  const double off = value - others;
  const double rest = without > 0 ? std::max(0.0, squares - n / (n + 1) * off * off) : squares;
  const double deviation = std::sqrt(rest / n);
  // What is equal but for the rounding of its mean does not change.
  if (deviation <= kEqual * std::abs(others))
    return present + (std::abs(off) <= kEqual * std::abs(others) ? 0 : kFar);
  return present + off / deviation * (off / deviation);
}

double UsualTraffic::Distance(std::span<const double> values, double without) const {
  double distance = 0;
  for (size_t f = 0; f < usual_.size(); ++f) distance += usual_[f].Distance(values[f], without);
  return distance;
}

}  // namespace sinter
