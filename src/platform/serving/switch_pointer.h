// A pointer that many threads follow and one replaces, without a lock on the way in.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <mutex>
#include <thread>
#include <utility>
#include <vector>

namespace sinter {

// A reader counts itself in at the place that it found, and looks again whether that is still the place; the
// writer swaps places, then waits until the old one's readers have left before it lets go of what was there.
// Places (some 64 bytes) are kept until the end, so that a late reader counts in memory that is still a
// counter. Not std::atomic<std::shared_ptr>: that of libstdc++ 12 unlocks with relaxed order, and the thread
// sanitizer says so.
template <class T>
class SwitchPointer {
  struct Place {
    T value;
    std::atomic<int64_t> readers{0};
  };

 public:
  class Pin {
   public:
    explicit Pin(Place* place) : place_(place) {}
    Pin(Pin&& other) noexcept : place_(std::exchange(other.place_, nullptr)) {}
    Pin& operator=(Pin&&) = delete;
    ~Pin() {
      if (place_ != nullptr) place_->readers.fetch_sub(1, std::memory_order_release);
    }
    const T& operator*() const { return place_->value; }
    const T* operator->() const { return &place_->value; }

   private:
    Place* place_;
  };

  explicit SwitchPointer(T first = {}) {
    places_.push_back(std::make_unique<Place>(std::move(first)));
    place_.store(places_.back().get());
  }

  // Any thread. Hold it briefly: Switch waits for it.
  Pin Read() const {
    while (true) {
      Place* place = place_.load();
      place->readers.fetch_add(1);
      if (place_.load() == place) return Pin(place);
      place->readers.fetch_sub(1, std::memory_order_release);
    }
  }

  // Readers that come after see `next`; returns what was there, once nobody reads it any more.
  T Switch(T next) {
    std::lock_guard lock(mutex_);
    Place* before = place_.load();
    places_.push_back(std::make_unique<Place>(std::move(next)));
    place_.store(places_.back().get());
    while (before->readers.load() != 0) std::this_thread::yield();
    return std::exchange(before->value, T{});
  }

 private:
  std::atomic<Place*> place_;
  std::mutex mutex_;
  std::vector<std::unique_ptr<Place>> places_;
};

}  // namespace sinter
