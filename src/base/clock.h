// Time, so that tests can hold it still.
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <string>

namespace sinter {

using Nanoseconds = std::chrono::nanoseconds;

// Any thread.
class Clock {
 public:
  virtual ~Clock() = default;
  virtual Nanoseconds Now() const = 0;     // monotonic, from an arbitrary start
  virtual int64_t UnixMillis() const = 0;  // wall time
  static const Clock& Real();
};

class ManualClock final : public Clock {
 public:
  Nanoseconds Now() const override { return Nanoseconds(now_.load()); }
  int64_t UnixMillis() const override { return 1'700'000'000'000 + now_.load() / 1'000'000; }
  void Advance(Nanoseconds by) { now_ += by.count(); }

 private:
  std::atomic<int64_t> now_{0};
};

std::string FormatUtc(int64_t unix_millis);  // "2026-11-23T17:00:00.000Z"

}  // namespace sinter
