// Requests that come at the same time share one run of the model.
#pragma once

#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <span>
#include <string>
#include <thread>
#include <vector>

#include "base/cancel.h"
#include "base/result.h"
#include "engine/tensor/value.h"
#include "platform/serving/statistics.h"

namespace sinter {

struct BatchLimits {
  int64_t max_rows = 32;  // of one run; 1: nothing is batched
  // A request never waits longer than this for company. It waits only while fewer rows stand in the queue
  // than the last run had: one lone client pays nothing.
  std::chrono::microseconds budget{1000};
  size_t queue = 512;    // requests that may wait; more are refused at once
  int workers = 1;       // runs side by side
  bool process = false;  // each of them in a process of its own: a crash takes no one with it
};

struct RevisionInfo;

// What one request got. Valid during the callback alone: the tensors are views of the run's memory.
struct BatchAnswer {
  std::span<const Tensor> outputs;         // this request's rows
  const RevisionInfo* revision = nullptr;  // whose answer it is
  double queued_seconds = 0;
  double run_seconds = 0;
  int64_t batch_rows = 0;
  // Further answers of this run follow at once, on the same thread: what sends them on may wait for the last.
  // After an answer that is an error nothing is promised.
  bool more_follow = false;
};

using BatchDone = std::move_only_function<void(Result<BatchAnswer>)>;

struct BatchJob;

// Looks at answers after they are out.
class AnswerObserver {
 public:
  virtual ~AnswerObserver() = default;
  // On a worker's thread; must not block. The answer's tensors are views of the run's memory, as in `done`.
  virtual void Saw(const BatchJob& job, const BatchAnswer& answer) = 0;
};

struct BatchJob {
  std::vector<Tensor> inputs;  // checked; kept until the answer
  int64_t rows = 1;
  CancelToken cancel;  // asked before the run; a run that it has alone is stopped
  BatchDone done;      // called once, on a worker's thread; must not block or throw
  std::chrono::steady_clock::time_point queued_at;  // set by Submit
  std::string id;                                   // the request's own, where somebody will ask for it
  AnswerObserver* observer = nullptr;               // outlives the job; null: nobody looks
  bool copied = false;                              // to be shown to a candidate as well
  // A copy, or a question of our own: nobody's request. Counted apart, and no reason to wait for company.
  bool aside = false;
};

// Runs inputs; the outputs stay valid until its next call. One worker calls it, one call at a time. Where it
// gives kUnavailable (what ran it has crashed), each request of the run is tried once more, alone: a model
// changes nothing by answering, and one that crashes it shall not take its company with it.
using BatchRun =
    std::move_only_function<Result<std::span<const Value>>(std::span<const Tensor>, const CancelToken&)>;

// Any thread submits. Bounded by limits.queue jobs and one run's inputs a worker.
class Batcher {
 public:
  // `runs` has one for each worker. `may_join`: rows of several jobs may share a run. `revision` is handed
  // through to the answers. `aside`: counts the jobs that are no requests; null: with the others.
  Batcher(const BatchLimits& limits, bool may_join, std::vector<BatchRun> runs,
          std::shared_ptr<TrafficCounters> counters, const RevisionInfo* revision = nullptr,
          std::shared_ptr<TrafficCounters> aside = nullptr);
  ~Batcher();  // Close()
  Batcher(const Batcher&) = delete;
  Batcher& operator=(const Batcher&) = delete;

  // Takes the job, or leaves it as it is: kResourceExhausted when the queue is full, kUnavailable after
  // Close.
  Status Submit(BatchJob& job);
  // Takes no more, answers what waits, returns when the last answer is out. Not from a callback.
  void Close();

  // One more worker, or one fewer (it ends what it runs first; the last one stays). False after Close. Not
  // from a callback.
  bool AddWorker(BatchRun run);
  bool RemoveWorker();
  int workers() const;

 private:
  struct Worker;
  void Begin(BatchRun run);
  void Work(Worker& worker);
  bool NextBatch(Worker& worker, std::unique_lock<std::mutex>& lock);
  void RunBatch(Worker& worker);
  BatchJob& At(size_t i) { return ring_[(first_ + i) % ring_.size()]; }
  BatchJob PopFront();
  TrafficCounters& CountersOf(const BatchJob& job) const {
    return job.aside && aside_counters_ != nullptr ? *aside_counters_ : *counters_;
  }

  const BatchLimits limits_;
  const bool may_join_;
  const std::shared_ptr<TrafficCounters> counters_, aside_counters_;
  const RevisionInfo* const revision_;
  std::mutex mutex_;
  std::condition_variable wake_;
  std::vector<BatchJob> ring_;  // the queue: `count_` jobs from `first_`
  size_t first_ = 0, count_ = 0;
  int64_t waiting_rows_ = 0;
  int64_t expected_rows_ = 1;  // what the last run had
  int64_t wanted_rows_ = 1;    // worth waking a worker for
  bool closed_ = false;
  mutable std::mutex workers_mutex_;  // before mutex_; held while one is joined
  std::vector<std::unique_ptr<Worker>> workers_;
};

}  // namespace sinter
