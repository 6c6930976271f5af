#include "platform/serving/traffic_window.h"

namespace sinter {
namespace {

HistogramSnapshot Less(HistogramSnapshot now, const HistogramSnapshot& before) {
  for (size_t i = 0; i < before.buckets.size(); ++i) now.buckets[i] -= before.buckets[i];
  now.count -= before.count;
  now.sum -= before.sum;
  return now;
}

}  // namespace

void TrafficMeter::Reset(double now_seconds, TrafficStats stats) {
  marks_.clear();
  last_ = {now_seconds, stats};
  marks_.push_back({now_seconds, std::move(stats)});
}

void TrafficMeter::Add(double now_seconds, TrafficStats stats) {
  if (marks_.empty()) return Reset(now_seconds, std::move(stats));
  if (now_seconds >= marks_.back().at + window_ / 20) marks_.push_back({now_seconds, stats});
  last_ = {now_seconds, std::move(stats)};
  // The window begins at the youngest mark that is old enough.
  while (marks_.size() > 1 && marks_[1].at <= now_seconds - window_) marks_.pop_front();
}

TrafficWindow TrafficMeter::Read() const {
  TrafficWindow window;
  if (marks_.empty()) return window;
  const TrafficStats &from = marks_.front().stats, &to = last_.stats;
  const HistogramSnapshot latency = Less(to.latency, from.latency);
  window.failed = static_cast<int64_t>(to.failed - from.failed + to.refused - from.refused);
  window.requests = static_cast<int64_t>(to.succeeded - from.succeeded) + window.failed;
  window.p99_ms = 1e3 * latency.Quantile(0.99);
  window.seconds = last_.at - marks_.front().at;
  return window;
}

}  // namespace sinter
