#include "platform/serving/statistics.h"

namespace sinter {

TrafficCounters::TrafficCounters()
    : latency_(LatencyBounds()), queue_time_(LatencyBounds()), batch_rows_(BatchRowBounds()) {}

void TrafficCounters::Succeeded(double seconds, double queued_seconds) {
  succeeded_.fetch_add(1, std::memory_order_relaxed);
  latency_.Add(seconds);
  queue_time_.Add(queued_seconds);
}

TrafficStats TrafficCounters::Read() const {
  TrafficStats stats;
  stats.succeeded = succeeded_.load(std::memory_order_relaxed);
  stats.failed = failed.load(std::memory_order_relaxed);
  stats.refused = refused.load(std::memory_order_relaxed);
  stats.invalid = invalid.load(std::memory_order_relaxed);
  stats.cancelled = cancelled.load(std::memory_order_relaxed);
  stats.queued = queued.load(std::memory_order_relaxed);
  stats.running = running.load(std::memory_order_relaxed);
  stats.latency = latency_.Read();
  stats.queue_time = queue_time_.Read();
  stats.batch_rows = batch_rows_.Read();
  stats.run_seconds = static_cast<double>(run_ns_.load(std::memory_order_relaxed)) * 1e-9;
  return stats;
}

}  // namespace sinter
