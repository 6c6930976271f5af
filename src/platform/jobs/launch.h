// What stands in the folder of a job's attempt, between the server and the attempt's keeper:
//   launch.json  what is to run (0600: it may hold tokens)
//   started      who runs it: made once, by the keeper or by a server that gives the attempt up, whoever is
//   first log          what the command prints exit.json    how it ended, written at once
//   usage.jsonl  cores and memory that it took, every few seconds
// The command's own folder is the job's: what an attempt left there, the next one finds.
#pragma once

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/file.h"
#include "base/process.h"
#include "base/resource_limits.h"
#include "platform/jobs/job.h"

namespace sinter {

struct JobLaunch {
  std::string name;  // "ID.N": of the cgroup too
  std::vector<std::string> command;
  std::vector<std::pair<std::string, std::string>> environment;
  ResourceAmount amount;  // of all ranks together
  bool network = false;
  bool isolated = true;        // by bubblewrap
  Path work;                   // the folder that the command may write
  std::vector<Path> readable;  // what the sandbox shows besides the system
};
std::string JobLaunchText(const JobLaunch& launch);
Result<JobLaunch> ParseJobLaunch(std::string_view text);

struct JobExit {
  int64_t code = 0;
  int64_t signal = 0;  // 0: it exited
  bool out_of_memory = false;
  double cpu_seconds = -1;  // below 0: not known
  int64_t ended_ms = 0;
  std::string limits;   // how it was limited
  std::string problem;  // why it could not be started; empty: it was
};
std::string JobExitText(const JobExit& exit);
Result<JobExit> ParseJobExit(std::string_view text);

// The command with what the launcher puts before it (mpirun and its options), and what it wants in the
// environment.
JobLaunch MakeJobLaunch(const JobInfo& job, const Path& work);

inline constexpr std::string_view kLaunchFile = "launch.json", kStartedFile = "started", kLogFile = "log",
                                  kExitFile = "exit.json", kUsageFile = "usage.jsonl";

// Makes FOLDER/started, naming this process. kAlreadyExists where somebody was faster.
Status ClaimAttempt(const Path& folder);
// Who made it; absent: nobody did. An identity of pid 0: a server that gave the attempt up.
Result<std::optional<ProcessIdentity>> ReadClaim(const Path& folder);
// Makes FOLDER/started in nobody's name. False: a keeper was faster.
Result<bool> GiveUpAttempt(const Path& folder);

}  // namespace sinter
