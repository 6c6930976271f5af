// Live traffic against the golden set: a bounded sample of what requests and answers look like, and what
// became of it.
#pragma once

#include <atomic>
#include <cstdint>
#include <mutex>
#include <span>
#include <string>
#include <vector>

#include "engine/metrics/drift.h"
#include "engine/tensor/tensor.h"
#include "platform/serving/answer_reader.h"
#include "platform/serving/gates.h"

namespace sinter {

// What is remembered of a request and its answer: of its first row, and of its first input at most 4,096
// numbers.
struct TrafficFeature {
  float mean = 0;        // of the input
  float spread = 0;      // its standard deviation
  float confidence = 0;  // of the answer; 0: the model has no classes
  int32_t index = -1;    // the class
};
// Allocates nothing.
TrafficFeature FeatureOf(std::span<const Tensor> inputs, std::span<const Tensor> outputs,
                         const AnswerReader& reader, int64_t rows);

// Any thread. Memory is taken once, at Enable. When it is full each newcomer takes a random place, so that it
// holds the recent past more than the distant one: a request is still there after as many more as it holds
// with probability 1/e (C. Aggarwal, "On biased reservoir sampling in the presence of stream evolution", VLDB
// 2006).
class TrafficSample {
 public:
  void Enable(size_t capacity);  // 0: off; another capacity begins anew
  bool enabled() const { return enabled_.load(std::memory_order_relaxed); }
  // Never waits: where another thread has it just now, the request is left out.
  void Note(const TrafficFeature& feature);
  std::vector<TrafficFeature> Read() const;

 private:
  std::atomic<bool> enabled_{false};
  mutable std::mutex mutex_;
  size_t capacity_ = 0;
  uint64_t seen_ = 0;
  std::vector<TrafficFeature> features_;
};

struct DriftMeasure {
  std::string name;  // "input mean", "input spread", "confidence", "class"
  StabilityIndex stability;
  KolmogorovSmirnov test;  // not of classes, which have no order
  double reference_mean = 0, live_mean = 0;
  bool drifted = false;
};

struct DriftReport {
  std::string verdict;  // "too few", "no drift", "drift"
  int64_t reference = 0, live = 0, minimum = 0;
  std::string dataset;                 // the golden set: "fashion@1"
  std::vector<DriftMeasure> measures;  // none while there are too few
};

// A measure has drifted where its stability index is above the limit and above what chance alone gives: with
// thousands of samples a Kolmogorov-Smirnov test finds differences that matter to nobody, so its p value is
// told, not judged.
DriftReport MeasureDrift(std::span<const TrafficFeature> reference, std::span<const TrafficFeature> live,
                         const DriftLimits& limits);

}  // namespace sinter
