#include "platform/serving/histogram.h"

#include <algorithm>

#include "base/result.h"

namespace sinter {

Histogram::Histogram(std::span<const double> bounds) : bounds_(bounds) {
  SINTER_CHECK(bounds.size() <= kMostBounds && std::ranges::is_sorted(bounds));
}

void Histogram::Add(double value) {
  const size_t at = static_cast<size_t>(std::ranges::lower_bound(bounds_, value) - bounds_.begin());
  buckets_[at].fetch_add(1, std::memory_order_relaxed);
  sum_.fetch_add(value, std::memory_order_relaxed);
}

HistogramSnapshot Histogram::Read() const {
  HistogramSnapshot snapshot{bounds_, std::vector<uint64_t>(bounds_.size() + 1), 0,
                             sum_.load(std::memory_order_relaxed)};
  for (size_t i = 0; i <= bounds_.size(); ++i) {
    snapshot.buckets[i] = buckets_[i].load(std::memory_order_relaxed);
    snapshot.count += snapshot.buckets[i];
  }
  return snapshot;
}

double HistogramSnapshot::Quantile(double q) const {
  if (count == 0) return 0;
  const double rank = std::clamp(q, 0.0, 1.0) * static_cast<double>(count);
  double below = 0;
  for (size_t i = 0; i < bounds.size(); ++i) {
    const double here = static_cast<double>(buckets[i]);
    if (here > 0 && below + here >= rank) {
      const double low = i == 0 ? 0 : bounds[i - 1];
      return low + (bounds[i] - low) * (rank - below) / here;
    }
    below += here;
  }
  return bounds.empty() ? 0 : bounds.back();
}

std::span<const double> LatencyBounds() {
  static constexpr double kBounds[] = {20e-6, 50e-6,  100e-6, 200e-6, 500e-6, 1e-3,  2e-3,  3e-3,
                                       5e-3,  7.5e-3, 10e-3,  15e-3,  20e-3,  30e-3, 50e-3, 75e-3,
                                       0.1,   0.2,    0.5,    1,      2,      5,     10};
  return kBounds;
}

std::span<const double> BatchRowBounds() {
  static constexpr double kBounds[] = {1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1024};
  return kBounds;
}

}  // namespace sinter
