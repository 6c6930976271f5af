// The jobs that are not over, as the scheduler sees them, and who had how much lately.
#pragma once

#include <functional>
#include <map>
#include <optional>
#include <string>

#include "platform/jobs/launcher.h"
#include "platform/jobs/schedule.h"

namespace sinter {

// What a job is after an attempt of it ended or was lost: a pure function, tested as a table. A job that was
// stopped to make room waits again; one that failed tries again while it may; one that was lost tries again,
// at most kLostTries times.
JobInfo AfterAttempt(JobInfo job, const AttemptReport& report, int64_t now_ms);
inline constexpr int64_t kLostTries = 3;

// One thread at a time.
class JobQueue {
 public:
  // Of a job that is not among those here: what became of it; absent: there is none.
  using StateOf = std::function<std::optional<JobState>(const std::string& id)>;
  JobQueue(JobCapacity capacity, StateOf state_of) : capacity_(capacity), state_of_(std::move(state_of)) {}

  // Replaces the one of that id; one that is over leaves, and its owner is charged for its last attempt.
  void Put(JobInfo job);
  void Remove(const std::string& id) { jobs_.erase(id); }
  const JobInfo* Find(const std::string& id) const;
  const std::map<std::string, JobInfo>& jobs() const { return jobs_; }
  // Core-seconds of an attempt that ended; they count half after a day.
  void Charge(const JobInfo& job, const JobAttempt& attempt);
  // Without quotas.
  ScheduleSnapshot Snapshot(int64_t now_ms) const;

 private:
  struct Used {
    double core_seconds = 0;
    int64_t at_ms = 0;
    double At(int64_t now_ms) const;
  };
  JobCapacity capacity_;
  StateOf state_of_;
  std::map<std::string, JobInfo> jobs_;
  std::map<std::string, Used> used_;
};

}  // namespace sinter
