// Durations and counts by bucket, cheap enough for every request.
#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <span>
#include <vector>

namespace sinter {

// What a histogram held at one moment. buckets[i] counts what was at most bounds[i] (and above bounds[i-1]);
// the last bucket, with no bound, counts the rest.
struct HistogramSnapshot {
  std::span<const double> bounds;
  std::vector<uint64_t> buckets;
  uint64_t count = 0;
  double sum = 0;
  // Linear inside the bucket that holds the quantile (0..1), as Prometheus' histogram_quantile; 0 when empty;
  // the last bound where it lies beyond.
  double Quantile(double q) const;
  double Mean() const { return count == 0 ? 0 : sum / static_cast<double>(count); }
};

// Any thread; no locks, no allocation. A snapshot taken meanwhile may miss what is being added.
class Histogram {
 public:
  static constexpr size_t kMostBounds = 31;
  // `bounds` ascend, are at most kMostBounds, and outlive it.
  explicit Histogram(std::span<const double> bounds);
  void Add(double value);
  HistogramSnapshot Read() const;

 private:
  std::span<const double> bounds_;
  std::array<std::atomic<uint64_t>, kMostBounds + 1> buckets_{};
  std::atomic<double> sum_{0};
};

// Seconds, 20 us to 10 s, some three a factor of ten; and rows of a batch, powers of two.
std::span<const double> LatencyBounds();
std::span<const double> BatchRowBounds();

}  // namespace sinter
