// What an attempt takes of the machine, sampled by its keeper into its folder: one line of JSON a sample.
#pragma once

#include <vector>

#include "base/file.h"
#include "base/process_usage.h"

namespace sinter {

struct AttemptUsage {
  int64_t at_ms = 0;  // Unix time
  double cores = 0;   // core-seconds a second, since the sample before
  uint64_t memory_bytes = 0;
  int64_t processes = 0;
};

// After a second, then every five seconds; after each thousand samples half as often, so that a job that runs
// for a year has some ten thousand. One thread.
class UsageLog {
 public:
  UsageLog(const Path& folder, int64_t pid, const Clock& clock = Clock::Real());
  ~UsageLog();
  UsageLog(const UsageLog&) = delete;
  UsageLog& operator=(const UsageLog&) = delete;
  // A disk that is full, a process that is gone: then there is no sample, and nothing else.
  void SampleIfDue();

 private:
  const Clock& clock_;
  UsageMeter meter_;
  int fd_ = -1;
  int64_t samples_ = 0;
  Nanoseconds due_;
  Nanoseconds every_;
};

// What FOLDER holds, oldest first, evenly thinned to at most `most` (1 or more). A last line that is half
// written is left out. Empty where there is none.
Result<std::vector<AttemptUsage>> UsageInFolder(const Path& folder, size_t most);

}  // namespace sinter
