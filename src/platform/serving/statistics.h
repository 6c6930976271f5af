// What a service counts of its traffic, for metrics and for the page that shows it.
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <string>
#include <vector>

#include "platform/serving/histogram.h"

namespace sinter {

// A plain copy at one moment. Counts grow from the start of the process.
struct TrafficStats {
  std::string revision;          // empty: of the service as a whole
  uint64_t succeeded = 0;        // requests
  uint64_t failed = 0;           // the model failed
  uint64_t refused = 0;          // the queue was full
  uint64_t invalid = 0;          // wrong names, dtypes or shapes
  uint64_t cancelled = 0;        // the client went away first
  int64_t queued = 0;            // requests that wait now
  int64_t running = 0;           // requests in a batch that runs now
  HistogramSnapshot latency;     // seconds from the queue to the answer, of those that succeeded
  HistogramSnapshot queue_time;  // seconds of that in the queue
  HistogramSnapshot batch_rows;  // rows of each batch
  double run_seconds = 0;        // that the model ran, batch by batch
};

struct ServiceStats {
  std::string service;
  std::string current;   // revision
  std::string previous;  // kept warm; empty: none
  std::string model;     // of the current revision
  bool ready = false;
  int workers = 0, threads = 0;  // of the current revision, now: runs side by side, and what each may use
  TrafficStats total;
  std::vector<TrafficStats> revisions;  // those that are loaded
};

// Any thread; atomics alone.
class TrafficCounters {
 public:
  TrafficCounters();
  void Succeeded(double seconds, double queued_seconds);
  void Batch(int64_t rows, std::chrono::nanoseconds took) {
    batch_rows_.Add(static_cast<double>(rows));
    run_ns_.fetch_add(static_cast<uint64_t>(took.count()), std::memory_order_relaxed);
  }
  TrafficStats Read() const;

  std::atomic<uint64_t> failed{0}, refused{0}, invalid{0}, cancelled{0};
  std::atomic<int64_t> queued{0}, running{0};

 private:
  std::atomic<uint64_t> succeeded_{0}, run_ns_{0};
  Histogram latency_, queue_time_, batch_rows_;
};

}  // namespace sinter
