// Requests that the model is unsure about, or that look like none of the golden set: kept for labelling, with
// the owner's consent.
#pragma once

#include <atomic>
#include <cstdint>
#include <deque>
#include <mutex>
#include <string>
#include <vector>

#include "base/clock.h"
#include "platform/serving/batcher.h"
#include "platform/serving/drift_watch.h"

namespace sinter {

struct HardCase {
  int64_t number = 0;  // counts up from 1
  int64_t at_ms = 0;
  std::string revision;
  Tensor input;  // the model's first, one row: with its rows dimension
  int64_t index = -1;
  double confidence = 0;
  std::string why;  // "unsure", "unusual"
};

// Any thread. Bounded by `most` cases and 64 MiB of inputs; the oldest go first. In memory:
// who wants them over restarts reads and writes them (server/api/case_files.h).
class CaseQueue {
 public:
  // Without consent: nothing is kept, and what was is forgotten.
  void Enable(const CaseKeeping& keeping);
  bool enabled() const { return enabled_.load(std::memory_order_relaxed); }
  // Inputs whose mean lies outside are unusual.
  void SetUsual(double low, double high);
  // Never waits: where another thread has it just now, the case is left out.
  void Offer(const BatchJob& job, const TrafficFeature& feature, std::string_view revision,
             const Clock& clock);
  std::vector<HardCase> Read() const;  // oldest first
  void Forget(int64_t up_to_number);

 private:
  std::atomic<bool> enabled_{false};
  std::atomic<float> below_{0}, usual_low_, usual_high_;
  mutable std::mutex mutex_;
  CaseKeeping keeping_;
  std::deque<HardCase> cases_;
  size_t bytes_ = 0;
  int64_t last_ = 0;
};

}  // namespace sinter
