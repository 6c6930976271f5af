// Which job runs next: a pure function of what is known, tested as a table of states.
//
// Order: priority, then the owner who has had least (used and running core time by weight), then who came
// first. Ranks of a job start together. A job at the head that does not fit holds a reservation: others may
// pass it only where they do not put it off (EASY backfill: Lifka, "The ANL/IBM SP Scheduling System", 1995).
// Jobs of higher priority may stop preemptible ones, the lowest and youngest first, and no more than needed.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "platform/jobs/job.h"

namespace sinter {

struct JobCapacity {
  int64_t cpus = 1;
  int64_t memory_bytes = int64_t{1} << 30;
};

// What stands between a job and its turn, from the jobs that it names in `after`.
enum class Dependencies { kMet, kWaiting, kBroken };

struct ScheduledJob {
  const JobInfo* job = nullptr;
  Dependencies dependencies = Dependencies::kMet;
  std::string dependency;  // the one that is waited for, or broke it
};

struct ScheduleSnapshot {
  int64_t now_ms = 0;
  JobCapacity capacity;
  std::vector<ScheduledJob> jobs;                       // none that is over
  std::map<std::string, JobQuota, std::less<>> quotas;  // by owner; absent: the default
  std::map<std::string, double, std::less<>> used;      // core-seconds lately, by owner; absent: none
};

enum class JobActionKind {
  kStart,   // the next attempt
  kStop,    // asks its processes to end
  kKill,    // they had their grace
  kCancel,  // it waits, and never runs
  kFail,    // it waits for what cannot come
  kWait,    // nothing; `reason` says why it waits
};
std::string_view JobActionName(JobActionKind kind);  // "start", "stop", ...

struct JobAction {
  JobActionKind kind = JobActionKind::kWait;
  std::string id;
  StopCause cause = StopCause::kNone;  // of kStop
  std::string reason;
};

struct JobSchedule {
  std::vector<JobAction> actions;  // one at most for each job
  // When time alone brings the next action; 0: it does not.
  int64_t wake_ms = 0;
};

JobSchedule DecideSchedule(const ScheduleSnapshot& snapshot);

}  // namespace sinter
