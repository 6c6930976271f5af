#include "platform/serving/drift_watch.h"

#include <algorithm>
#include <cmath>

#include "base/random.h"

namespace sinter {
namespace {

constexpr int64_t kMostNumbers = 4096;
constexpr uint64_t kPlaces = 0x64726966;

double MeanOf(std::span<const double> values) {
  double sum = 0;
  for (const double value : values) sum += value;
  return values.empty() ? 0 : sum / static_cast<double>(values.size());
}

std::vector<double> Pick(std::span<const TrafficFeature> features, float TrafficFeature::* member) {
  std::vector<double> values;
  values.reserve(features.size());
  for (const TrafficFeature& feature : features) values.push_back(static_cast<double>(feature.*member));
  return values;
}

std::vector<int64_t> CountClasses(std::span<const TrafficFeature> features, int32_t classes) {
  std::vector<int64_t> counts(static_cast<size_t>(classes) + 1);  // the last: no class
  for (const TrafficFeature& f : features)
    ++counts[static_cast<size_t>(f.index >= 0 && f.index < classes ? f.index : classes)];
  return counts;
}

}  // namespace

TrafficFeature FeatureOf(std::span<const Tensor> inputs, std::span<const Tensor> outputs,
                         const AnswerReader& reader, int64_t rows) {
  TrafficFeature feature;
  if (!inputs.empty() && inputs[0].dtype() != DType::kString && rows > 0) {
    const int64_t count = std::min(kMostNumbers, inputs[0].elements() / rows);
    double sum = 0, squares = 0;
    DispatchDType(inputs[0].dtype(), [&]<class T>() {
      const std::span<const T> values = inputs[0].data<T>();
      for (size_t i = 0; i < static_cast<size_t>(count); ++i) {
        double value = 0;
        if constexpr (std::is_same_v<T, Half> || std::is_same_v<T, BFloat16>)
          value = static_cast<double>(static_cast<float>(values[i]));
        else if constexpr (std::is_arithmetic_v<T>)
          value = static_cast<double>(values[i]);
        sum += value;
        squares += value * value;
      }
    });
    if (count > 0) {
      const double n = static_cast<double>(count), mean = sum / n;
      feature.mean = static_cast<float>(mean);
      feature.spread = static_cast<float>(std::sqrt(std::max(0.0, squares / n - mean * mean)));
    }
  }
  const ClassAnswer answer = reader.Read(outputs, 0, rows);
  feature.index = static_cast<int32_t>(answer.index);
  feature.confidence = static_cast<float>(answer.confidence);
  return feature;
}

void TrafficSample::Enable(size_t capacity) {
  std::lock_guard lock(mutex_);
  enabled_.store(capacity > 0, std::memory_order_relaxed);
  if (capacity == capacity_) return;
  capacity_ = capacity;
  seen_ = 0;
  features_.clear();
  features_.shrink_to_fit();
  features_.reserve(capacity);
}

void TrafficSample::Note(const TrafficFeature& feature) {
  std::unique_lock lock(mutex_, std::try_to_lock);
  if (!lock || capacity_ == 0) return;
  const uint64_t number = seen_++;
  if (features_.size() < capacity_)
    features_.push_back(feature);
  else
    features_[RandomBelow(kPlaces, 0, number, capacity_)] = feature;
}

std::vector<TrafficFeature> TrafficSample::Read() const {
  std::lock_guard lock(mutex_);
  return features_;
}

DriftReport MeasureDrift(std::span<const TrafficFeature> reference, std::span<const TrafficFeature> live,
                         const DriftLimits& limits) {
  DriftReport report;
  report.reference = static_cast<int64_t>(reference.size());
  report.live = static_cast<int64_t>(live.size());
  report.minimum = limits.minimum;
  report.verdict = "too few";
  if (std::min(report.reference, report.live) < limits.minimum) return report;
  report.verdict = "no drift";
  const auto add = [&](DriftMeasure measure) {
    measure.drifted = measure.stability.value > std::max(limits.stability, measure.stability.by_chance);
    if (measure.drifted) report.verdict = "drift";
    report.measures.push_back(std::move(measure));
  };
  int32_t classes = 0;
  for (const auto& features : {reference, live}) {
    for (const TrafficFeature& feature : features) classes = std::max(classes, feature.index + 1);
  }
  const std::pair<const char*, float TrafficFeature::*> numbers[] = {
      {"input mean", &TrafficFeature::mean},
      {"input spread", &TrafficFeature::spread},
      {"confidence", &TrafficFeature::confidence}};
  for (const auto& [name, member] : numbers) {
    if (member == &TrafficFeature::confidence && classes == 0) continue;
    const std::vector<double> before = Pick(reference, member), now = Pick(live, member);
    add({name, StabilityOfNumbers(before, now), KolmogorovSmirnovTest(before, now), MeanOf(before),
         MeanOf(now)});
  }
  if (classes > 0)
    add({"class",
         StabilityOfCounts(CountClasses(reference, classes), CountClasses(live, classes)),
         {},
         0,
         0});
  return report;
}

}  // namespace sinter
