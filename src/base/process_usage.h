// What a process and all that it started take of the machine, as /proc says.
#pragma once

#include <cstdint>
#include <optional>

#include "base/clock.h"

namespace sinter {

struct ProcessUsage {
  // User and system time of those that live, and of ended ones that were waited for.
  double cpu_seconds = 0;
  uint64_t memory_bytes = 0;  // resident; pages that several share count for each
  int64_t processes = 0;
};

// Of the process and its descendants, at most 4,096 of them. Absent: it is gone.
std::optional<ProcessUsage> UsageOfTree(int64_t pid);

struct UsageSample {
  double cores = 0;  // core-seconds a second, since the sample before
  uint64_t memory_bytes = 0;
  int64_t processes = 0;
};

// Samples one tree. One thread.
class UsageMeter {
 public:
  explicit UsageMeter(int64_t pid, const Clock& clock = Clock::Real());
  // Absent: the process is gone, or no time has passed since the sample before.
  std::optional<UsageSample> Sample();
  Nanoseconds SinceSample() const { return clock_.Now() - sampled_; }
  // Of the samples so far, since the meter began.
  double cpu_seconds() const { return last_cpu_ - first_cpu_; }

 private:
  const int64_t pid_;
  const Clock& clock_;
  Nanoseconds sampled_;
  double first_cpu_ = 0, last_cpu_ = 0;
};

}  // namespace sinter
