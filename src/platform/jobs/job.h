// A job as it is kept: a command that is to run once, with so much of the machine, and what came of it.
#pragma once

#include <cstdint>
#include <limits>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/process.h"
#include "platform/jobs/code_version.h"
#include "platform/records/record.h"

namespace sinter {

inline constexpr std::string_view kJobKind = "job";

enum class JobState {
  kQueued,     // waits: for its turn, for other jobs, for the time of its next try
  kStarting,   // an attempt is written down; its processes may be there or not yet
  kRunning,    // its processes are there
  kStopping,   // they were asked to end
  kSucceeded,  // from here on nothing changes
  kFailed,
  kCancelled,
};
std::string_view JobStateName(JobState state);  // "queued", ...
std::optional<JobState> ParseJobState(std::string_view name);
bool IsOver(JobState state);

// Why processes were asked to end.
enum class StopCause { kNone, kCancel, kPreempt, kTimeLimit, kShutdown };
std::string_view StopCauseName(StopCause cause);  // "none", "cancel", "preempt", "time_limit", "shutdown"

enum class JobLauncher { kLocal, kMpirun };
std::string_view JobLauncherName(JobLauncher launcher);  // "local", "mpirun"

// What is wanted; never changes.
struct JobSpec {
  std::string title;  // for people; may be empty
  std::string owner;  // who is charged and whose share it takes
  std::vector<std::string> command;
  std::vector<std::pair<std::string, std::string>> environment;
  JobLauncher launcher = JobLauncher::kLocal;
  int64_t ranks = 1;                        // start together or not at all
  int64_t cpus = 1;                         // of each rank
  int64_t memory_bytes = int64_t{1} << 30;  // of each rank
  int64_t priority = 0;                     // -100 to 100; higher goes first
  int64_t time_limit_s = 0;                 // of an attempt; 0: none
  int64_t grace_s = 30;            // from being asked to end until it is killed: time for a checkpoint
  int64_t retries = 0;             // further attempts after one that failed
  bool preemptible = false;        // may be stopped for a job of higher priority, and runs again later
  bool network = false;            // it may reach the network, and with it the server; else it has none
  std::vector<std::string> after;  // jobs that must have succeeded
  std::string run;                 // the training run that it feeds; may be empty
  CodeVersion code;                // of the folder that it was submitted from
  std::string sweep;               // that its run is a trial of; may be empty
  int64_t until_epoch = 0;         // of the run: it pauses then; 0: it is trained to the end

  int64_t all_cpus() const { return ranks * cpus; }
  int64_t all_memory() const { return ranks * memory_bytes; }
};

// One try. A try that is lost is followed by another, and can write nothing any more.
struct JobAttempt {
  int64_t number = 0;  // from 1
  int64_t started_ms = 0;
  int64_t ended_ms = 0;  // 0 while it lasts
  int64_t exit_code = 0;
  int64_t exit_signal = 0;  // that ended it; 0: it exited
  StopCause stopped = StopCause::kNone;
  bool lost = false;        // what became of it is not known: the machine went down, or its keeper was killed
  std::string message;      // how it ended, for people
  double cpu_seconds = -1;  // core time that it took; below 0: not known
  bool operator==(const JobAttempt&) const = default;
};

struct JobInfo {
  std::string id;
  std::string home;  // of the server that accepted it: its queue alone runs it, whoever shares its records
  JobSpec spec;
  JobState state = JobState::kQueued;
  std::string reason;                 // why it waits, or how it ended
  int64_t not_before_ms = 0;          // of its next try
  int64_t failures = 0;               // attempts that failed: what retries count
  StopCause stop = StopCause::kNone;  // asked for; of a queued job only kCancel
  int64_t stop_asked_ms = 0;
  ProcessIdentity keeper;            // of the attempt that lasts
  std::vector<JobAttempt> attempts;  // the last kKeptAttempts
  int64_t submitted_ms = 0;
  std::string submitted_by;
  int64_t revision = 0;  // of the record that it was read from

  int64_t attempt() const { return attempts.empty() ? 0 : attempts.back().number; }
};

inline constexpr size_t kKeptAttempts = 20;

// Errors name the field: a command that is empty, numbers out of their ranges, too much text.
Status CheckJobSpec(const JobSpec& spec);
std::string JobSpecText(const JobSpec& spec);
Result<JobSpec> ParseJobSpec(std::string_view text, std::string where);
std::string JobStatusText(const JobInfo& job);
Result<JobInfo> ReadJob(const Record& record);

// What an owner may have at a time.
struct JobQuota {
  int64_t cpus = std::numeric_limits<int64_t>::max();
  int64_t memory_bytes = std::numeric_limits<int64_t>::max();
  int64_t jobs = std::numeric_limits<int64_t>::max();
  double weight = 1;  // of two owners who both want more, one of weight 2 gets twice as much; above 0
};
inline constexpr std::string_view kQuotaKind = "job_quota";  // named after the owner
std::string JobQuotaText(const JobQuota& quota);
// Fields that are absent are not limited.
Result<JobQuota> ParseJobQuota(std::string_view text, std::string where);

// Milliseconds before the next try after `failures` failed ones: 1 s, 2 s, 4 s, ... at most 5 min.
int64_t JobBackOffMs(int64_t failures);

}  // namespace sinter
