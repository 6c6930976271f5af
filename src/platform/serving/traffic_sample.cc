#include "platform/serving/traffic_sample.h"

#include <algorithm>

#include "base/random.h"

namespace sinter {
namespace {

constexpr uint64_t kPlaces = 0x64726966;

}  // namespace

void TrafficSample::Begin() {
  seen_ = 0;
  rows_.values.clear();
  rows_.values.shrink_to_fit();
  rows_.values.reserve(capacity_ * rows_.features.size());
  rows_.revisions.clear();
  rows_.revisions.shrink_to_fit();
  rows_.revisions.reserve(capacity_);
}

void TrafficSample::Enable(size_t capacity) {
  std::lock_guard lock(mutex_);
  enabled_.store(capacity > 0, std::memory_order_relaxed);
  if (capacity == capacity_) return;
  capacity_ = capacity;
  Begin();
}

void TrafficSample::Follow(const TrafficFeatures& features) {
  std::lock_guard lock(mutex_);
  if (rows_.features == features) return;
  rows_.features = features;
  Begin();
}

void TrafficSample::Note(const TrafficFeatures& features, std::span<const double> values, int64_t revision) {
  std::unique_lock lock(mutex_, std::try_to_lock);
  if (!lock || capacity_ == 0 || values.empty() || !(rows_.features == features)) return;
  const uint64_t number = seen_++;
  if (rows_.size() < capacity_) return rows_.Add(values, revision);
  const size_t place = RandomBelow(kPlaces, 0, number, capacity_);
  std::ranges::copy(values, rows_.values.begin() + static_cast<std::ptrdiff_t>(place * values.size()));
  rows_.revisions[place] = revision;
}

TrafficRows TrafficSample::Read() const {
  std::lock_guard lock(mutex_);
  return rows_;
}

}  // namespace sinter
