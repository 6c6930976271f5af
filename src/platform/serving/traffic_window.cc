#include "platform/serving/traffic_window.h"

namespace sinter {
namespace {

constexpr size_t kMostMarks = 64;

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
  // The window begins at the youngest mark that is old enough, with enough requests since.
  while (marks_.size() > 1 && marks_[1].at <= now_seconds - window_ && Since(marks_[1]).requests >= minimum_)
    marks_.pop_front();
  if (marks_.size() > kMostMarks) marks_.erase(marks_.begin() + 1);
}

TrafficWindow TrafficMeter::Since(const Mark& mark) const {
  TrafficWindow window;
  const TrafficStats &from = mark.stats, &to = last_.stats;
  window.failed = static_cast<int64_t>(to.failed - from.failed + to.refused - from.refused);
  window.requests = static_cast<int64_t>(to.succeeded - from.succeeded) + window.failed;
  window.seconds = last_.at - mark.at;
  return window;
}

TrafficWindow TrafficMeter::Read() const {
  if (marks_.empty()) return {};
  TrafficWindow window = Since(marks_.front());
  window.p99_ms = 1e3 * Less(last_.stats.latency, marks_.front().stats.latency).Quantile(0.99);
  return window;
}

}  // namespace sinter
