// Requests that the model is unsure about, or that look like none of the golden set: kept for labelling, with
// the owner's consent.
#pragma once

#include <atomic>
#include <cstdint>
#include <deque>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "base/clock.h"
#include "platform/serving/batcher.h"
#include "platform/serving/gates.h"
#include "platform/serving/usual_traffic.h"

namespace sinter {

struct CaseInput {
  std::string name;
  Tensor row;            // one row: with its rows dimension
  std::string category;  // where numbers are indexes of classes, whose name: revisions count them differently
};

struct HardCase {
  int64_t number = 0;  // counts up from 1
  int64_t at_ms = 0;
  std::string revision;
  std::vector<CaseInput> inputs;  // all of the model's
  int64_t index = -1;
  std::string class_name;  // what the model said; empty: no class
  double confidence = 0;
  std::string why;  // "unsure", "unusual"
  size_t Bytes() const;
};

// Any thread. Bounded by `most` cases and 64 MiB of inputs; the oldest go first. In memory:
// who wants them over restarts reads and writes them (server/api/case_files.h).
class CaseQueue {
 public:
  static constexpr size_t kMostBytes = size_t{64} << 20;
  // Without consent: nothing is kept, and what was is forgotten.
  void Enable(const CaseKeeping& keeping);
  bool enabled() const { return enabled_.load(std::memory_order_relaxed); }
  // From here on what is none of it is kept as well.
  void SetUsual(std::shared_ptr<const UsualTraffic> usual);
  // A row of a request; `values` are its features. Never waits: where another thread has it just now, the
  // case is left out.
  void Offer(const BatchJob& job, int64_t row, std::span<const double> values, const RevisionInfo& revision,
             const Clock& clock);
  std::vector<HardCase> Read() const;  // oldest first
  void Forget(int64_t up_to_number);

 private:
  std::atomic<bool> enabled_{false}, knows_usual_{false};
  std::atomic<double> below_{0};
  mutable std::mutex mutex_;
  CaseKeeping keeping_;
  std::shared_ptr<const UsualTraffic> usual_;
  std::deque<HardCase> cases_;
  size_t bytes_ = 0;
  int64_t last_ = 0;
};

}  // namespace sinter
