// A revision of a service, loaded: a compiled model, its sessions, and the batcher before them.
#pragma once

#include <atomic>
#include <memory>

#include "platform/serving/answer_reader.h"
#include "platform/serving/batcher.h"
#include "platform/serving/model_source.h"
#include "platform/serving/traffic_features.h"
#include "platform/serving/warm_up.h"
#include "platform/serving/worker_process.h"

namespace sinter {

struct RevisionInfo {
  std::string name;    // "1", "2", ...: a service counts its revisions
  int64_t number = 0;  // the same as a number
  std::string model;
  std::string model_id;
  std::string signature;  // signature.json, or empty
  ModelInterface interface;
  AnswerReader answers;      // what its outputs say
  TrafficFeatures features;  // what is watched of its requests and answers
  BatchLimits limits;        // as they are applied: max_rows 1 where rows cannot share a run
  WarmUpReport warm_up;
};

// Any thread submits; whoever made it closes it.
class Replica {
 public:
  // Compiles and warms; takes as long as that takes.
  static Result<std::shared_ptr<Replica>> Load(std::string name, LoadedModel model,
                                               const BatchLimits& limits);
  const RevisionInfo& info() const { return *info_; }
  const std::shared_ptr<const RevisionInfo>& shared_info() const { return info_; }
  TrafficCounters& counters() { return *counters_; }
  // Of copies and questions of our own, which are nobody's requests.
  TrafficCounters& aside_counters() { return *aside_counters_; }
  Status Submit(BatchJob& job) { return batcher_->Submit(job); }
  void Close() { batcher_->Close(); }
  // Runs side by side from here on; a new one is warmed first. One caller at a time.
  Status SetWorkers(int count);
  int workers() const { return batcher_->workers(); }
  // How many of the engine's threads a run may use, with the worker's own: of the runs that begin from here
  // on. What it answers stays the same to the bit. Of worker processes each has an engine of its own.
  void SetThreads(int count) { threads_->store(count, std::memory_order_relaxed); }
  int threads() const { return threads_->load(std::memory_order_relaxed); }

 private:
  Replica();
  Result<BatchRun> OpenRun(const ModelInterface& interface, int64_t max_rows, WarmUpReport& warm_up) const;
  std::string function_;
  const std::shared_ptr<std::atomic<int>> threads_;
  std::shared_ptr<const RevisionInfo> info_;
  std::shared_ptr<TrafficCounters> counters_, aside_counters_;
  std::shared_ptr<Executable> executable_;           // of one in-process
  std::shared_ptr<const WorkerModel> worker_model_;  // of one whose workers are processes
  std::unique_ptr<Batcher> batcher_;                 // last: its threads stop before what they use goes
};

}  // namespace sinter
