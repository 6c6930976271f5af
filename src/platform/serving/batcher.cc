#include "platform/serving/batcher.h"

#include <pthread.h>
#include <sched.h>

#include <algorithm>
#include <cstring>

#include <fmt/format.h>

namespace sinter {
namespace {

using SteadyClock = std::chrono::steady_clock;

double Seconds(SteadyClock::duration d) { return std::chrono::duration<double>(d).count(); }

bool SameButRows(const BatchJob& a, const BatchJob& b) {
  return std::ranges::equal(a.inputs, b.inputs, [](const Tensor& x, const Tensor& y) {
    return std::ranges::equal(std::span(x.dims()).subspan(1), std::span(y.dims()).subspan(1));
  });
}

bool HasStrings(const BatchJob& job) {
  return std::ranges::any_of(job.inputs, [](const Tensor& t) { return t.dtype() == DType::kString; });
}

Result<Tensor> RowsOf(const Tensor& all, int64_t first, int64_t rows) {
  Dims dims = all.dims();
  const int64_t total = dims[0];
  dims[0] = rows;
  const size_t row_bytes = total == 0 ? 0 : all.bytes() / static_cast<size_t>(total);
  const size_t offset =
      static_cast<size_t>(all.raw() - all.buffer()->data()) + static_cast<size_t>(first) * row_bytes;
  return Tensor::View(all.buffer(), offset, all.dtype(), std::move(dims));
}

}  // namespace

struct Batcher::Worker {
  BatchRun run;
  std::vector<BatchJob> batch;
  int64_t rows = 0;
  std::vector<Tensor> joined;                    // the inputs of a run of several jobs
  std::vector<std::shared_ptr<Buffer>> staging;  // their bytes, kept from run to run
  std::vector<Tensor> outputs;
  bool leaves = false;  // guarded by mutex_
  std::thread thread;
};

Batcher::Batcher(const BatchLimits& limits, bool may_join, std::vector<BatchRun> runs,
                 std::shared_ptr<TrafficCounters> counters, const RevisionInfo* revision,
                 std::shared_ptr<TrafficCounters> aside)
    : limits_(limits),
      may_join_(may_join && limits.max_rows > 1),
      counters_(std::move(counters)),
      aside_counters_(std::move(aside)),
      revision_(revision) {
  SINTER_CHECK(!runs.empty() && limits.queue > 0);
  ring_.resize(limits.queue);
  for (BatchRun& run : runs) Begin(std::move(run));
}

void Batcher::Begin(BatchRun run) {
  Worker& worker = *workers_.emplace_back(std::make_unique<Worker>());
  worker.run = std::move(run);
  worker.thread = std::thread([this, &worker] { Work(worker); });
}

bool Batcher::AddWorker(BatchRun run) {
  std::lock_guard workers(workers_mutex_);
  {
    std::lock_guard lock(mutex_);
    if (closed_) return false;
  }
  Begin(std::move(run));
  return true;
}

bool Batcher::RemoveWorker() {
  std::lock_guard workers(workers_mutex_);
  if (workers_.size() < 2) return false;
  {
    std::lock_guard lock(mutex_);
    if (closed_) return false;
    workers_.back()->leaves = true;
  }
  wake_.notify_all();
  workers_.back()->thread.join();
  workers_.pop_back();
  return true;
}

int Batcher::workers() const {
  std::lock_guard workers(workers_mutex_);
  return static_cast<int>(workers_.size());
}

Batcher::~Batcher() { Close(); }

Status Batcher::Submit(BatchJob& job) {
  bool wake = false;
  TrafficCounters& counters = CountersOf(job);
  {
    std::lock_guard lock(mutex_);
    if (closed_) return Error{ErrorCode::kUnavailable, "this revision takes no more requests", ""};
    if (count_ == ring_.size()) {
      counters.refused.fetch_add(1, std::memory_order_relaxed);
      return Error{ErrorCode::kResourceExhausted, fmt::format("{} requests wait already", count_),
                   "send the request again in a moment"};
    }
    job.queued_at = SteadyClock::now();
    waiting_rows_ += job.rows;
    At(count_++) = std::move(job);
    wake = waiting_rows_ >= wanted_rows_;
  }
  counters.queued.fetch_add(1, std::memory_order_relaxed);
  if (wake) wake_.notify_one();
  return {};
}

void Batcher::Close() {
  {
    std::lock_guard lock(mutex_);
    closed_ = true;
  }
  wake_.notify_all();
  std::lock_guard workers(workers_mutex_);
  for (auto& worker : workers_) {
    if (worker->thread.joinable()) worker->thread.join();
  }
}

BatchJob Batcher::PopFront() {
  BatchJob job = std::move(ring_[first_]);
  ring_[first_] = BatchJob();
  first_ = (first_ + 1) % ring_.size();
  --count_;
  waiting_rows_ -= job.rows;
  return job;
}

// Fills worker.batch from the queue; false when there is nothing more to come.
bool Batcher::NextBatch(Worker& worker, std::unique_lock<std::mutex>& lock) {
  wake_.wait(lock, [&] { return count_ > 0 || closed_ || worker.leaves; });
  if (worker.leaves) {
    wake_.notify_one();  // what woke it may have been for another
    return false;
  }
  if (count_ == 0) return false;
  const int64_t target = may_join_ ? std::min(limits_.max_rows, expected_rows_) : 1;
  if (waiting_rows_ < target && limits_.budget.count() > 0) {
    wanted_rows_ = target;
    wake_.wait_until(lock, At(0).queued_at + limits_.budget,
                     [&] { return waiting_rows_ >= target || count_ == 0 || closed_; });
    wanted_rows_ = 1;
  }
  worker.rows = 0;
  int64_t asked_rows = 0;
  while (count_ > 0) {
    if (!worker.batch.empty()) {
      if (!may_join_ || worker.rows + At(0).rows > limits_.max_rows) break;
      if (!SameButRows(worker.batch[0], At(0)) || HasStrings(At(0))) break;
    }
    worker.rows += At(0).rows;
    if (!At(0).aside) asked_rows += At(0).rows;
    worker.batch.push_back(PopFront());
  }
  expected_rows_ = std::max<int64_t>(1, asked_rows);
  if (count_ > 0) wake_.notify_one();  // for another worker
  return true;
}

void Batcher::Work(Worker& worker) {
  // A woken worker does not push aside the thread that just gave it a request and is about to give it more:
  // where both share a processor, that one goes on until it waits, and the run is shared by all that came.
  sched_param priority{};
  pthread_setschedparam(pthread_self(), SCHED_BATCH, &priority);
  std::unique_lock lock(mutex_);
  while (NextBatch(worker, lock)) {
    lock.unlock();
    if (!worker.batch.empty()) RunBatch(worker);
    worker.batch.clear();
    lock.lock();
  }
}

void Batcher::RunBatch(Worker& worker) {
  const auto started = SteadyClock::now();
  for (const BatchJob& job : worker.batch) {
    TrafficCounters& counters = CountersOf(job);
    counters.queued.fetch_sub(1, std::memory_order_relaxed);
    counters.running.fetch_add(1, std::memory_order_relaxed);
  }
  const auto finish = [&](BatchJob& job, Result<BatchAnswer> answer) {
    // Counted before the answer is out: who has an answer finds it counted.
    TrafficCounters& counters = CountersOf(job);
    counters.running.fetch_sub(1, std::memory_order_relaxed);
    if (answer)
      counters.Succeeded(Seconds(SteadyClock::now() - job.queued_at), answer->queued_seconds);
    else if (answer.error().code == ErrorCode::kCancelled)
      counters.cancelled.fetch_add(1, std::memory_order_relaxed);
    else
      counters.failed.fetch_add(1, std::memory_order_relaxed);
    if (job.observer != nullptr && answer) {
      const BatchAnswer seen = *answer;
      job.done(std::move(answer));
      job.observer->Saw(job, seen);
    } else {
      job.done(std::move(answer));
    }
    job = BatchJob();
  };
  std::erase_if(worker.batch, [&](BatchJob& job) {
    if (!job.cancel.Cancelled()) return false;
    worker.rows -= job.rows;
    finish(job, Error{ErrorCode::kCancelled, "the request was cancelled while it waited", ""});
    return true;
  });
  std::vector<BatchJob>& batch = worker.batch;
  if (batch.empty()) return;
  const bool alone = batch.size() == 1;

  auto join = [&]() -> Status {
    worker.joined.clear();
    worker.staging.resize(batch[0].inputs.size());
    for (size_t i = 0; i < batch[0].inputs.size(); ++i) {
      size_t bytes = 0;
      for (const BatchJob& job : batch) bytes += job.inputs[i].bytes();
      auto& staging = worker.staging[i];
      if (staging == nullptr || staging->size() < bytes) {
        TRY(staging, Buffer::Allocate(bytes));
      }
      std::byte* at = staging->data();
      for (const BatchJob& job : batch) {
        if (job.inputs[i].bytes() > 0) std::memcpy(at, job.inputs[i].raw(), job.inputs[i].bytes());
        at += job.inputs[i].bytes();
      }
      Dims dims = batch[0].inputs[i].dims();
      dims[0] = worker.rows;
      TRY(Tensor joined, Tensor::View(staging, 0, batch[0].inputs[i].dtype(), std::move(dims)));
      worker.joined.push_back(std::move(joined));
    }
    return {};
  };
  const Status ready = alone ? Status() : join();
  Result<std::span<const Value>> results =
      ready ? worker.run(alone ? batch[0].inputs : worker.joined, alone ? batch[0].cancel : CancelToken())
            : Result<std::span<const Value>>(ready.error());
  const auto ended = SteadyClock::now();
  counters_->Batch(worker.rows, ended - started);
  int64_t row = 0;
  // The last request: a copy that comes after it brings no answer to anybody who could send on what waits.
  const BatchJob* last = nullptr;
  for (const BatchJob& job : batch) {
    if (!job.aside) last = &job;
  }
  const bool crashed = !results && results.error().code == ErrorCode::kUnavailable;
  for (BatchJob& job : batch) {
    if (crashed) {
      const auto again = worker.run(job.inputs, job.cancel);
      if (!again) {
        finish(job, again.error());
        continue;
      }
      worker.outputs.clear();
      for (const Value& value : *again) worker.outputs.push_back(value.tensor());
      finish(job, BatchAnswer{worker.outputs, revision_, Seconds(started - job.queued_at),
                              Seconds(SteadyClock::now() - started), job.rows, false});
      continue;
    }
    if (!results) {
      finish(job, results.error());
      continue;
    }
    worker.outputs.clear();
    Status sliced;
    for (const Value& value : *results) {
      if (alone) {
        worker.outputs.push_back(value.tensor());
        continue;
      }
      auto rows = RowsOf(value.tensor(), row, job.rows);
      if (!rows) {
        sliced = std::move(rows).error();
        break;
      }
      worker.outputs.push_back(*std::move(rows));
    }
    row += job.rows;
    if (!sliced) {
      finish(job, sliced.error());
      continue;
    }
    finish(job, BatchAnswer{worker.outputs, revision_, Seconds(started - job.queued_at),
                            Seconds(ended - started), worker.rows, !job.aside && &job != last});
  }
}

}  // namespace sinter
