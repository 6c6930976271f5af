// A training run as it is kept.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/hash.h"
#include "base/json.h"
#include "platform/jobs/code_version.h"
#include "platform/records/record.h"

namespace sinter {

enum class RunState {
  kCreated,
  kRunning,
  kSucceeded,
  kFailed,
  kCancelled,
  kPaused,  // trained as far as it was asked to; another attempt may go on
};
std::string_view RunStateName(RunState state);  // "created", "running", ...
std::optional<RunState> ParseRunState(std::string_view name);

struct RunCheckpoint {
  int64_t step = 0;
  Sha256Digest manifest;  // of its files
  uint64_t bytes = 0;
  int64_t at_ms = 0;
  bool operator==(const RunCheckpoint&) const = default;
};

// One try of the run by one set of ranks. An attempt that is lost is followed by another.
struct RunAttempt {
  int64_t number = 0;     // from 1
  int64_t from_step = 0;  // of the checkpoint that it resumed from; 0: the start
  int64_t started_ms = 0;
  int64_t ended_ms = 0;  // 0 while it runs
  RunState outcome = RunState::kRunning;
  std::string message;     // why it failed
  double cpu_seconds = 0;  // core time of its ranks, as far as it told
  bool operator==(const RunAttempt&) const = default;
};

// What clients of tracking protocols know a run by. Of a run that Sinter trains most of it follows from its
// attempts.
struct RunTracking {
  std::string experiment = "0";  // its id; never changes
  bool outside = false;          // trained by who logs it: no attempt of ours; never changes
  std::string name;              // empty: its id
  std::string user;              // empty: who created it
  int64_t start_ms = 0;          // 0: when the first attempt started, or the run was created
  int64_t end_ms = 0;            // 0: when the last attempt ended, or never
  int64_t deleted_ms = 0;        // not 0: put away, not listed; it can be restored
  bool operator==(const RunTracking&) const = default;
};

struct RunInfo {
  std::string id;
  // What is wanted; never changes.
  std::string recipe;            // the text, as it was given
  std::string dataset;           // "fashion@1"
  Sha256Digest dataset_version;  // exactly the version that is used
  int64_t ranks = 1;
  CodeVersion code;   // of the folder that it was submitted from
  std::string sweep;  // that it is a trial of; may be empty
  // What is.
  RunState state = RunState::kCreated;
  int64_t step = 0;
  int64_t steps = 0;  // in all; 0 while unknown
  std::string message;
  std::string model;                       // "fashion@2", once it made one
  std::vector<RunAttempt> attempts;        // the last 100
  std::vector<RunCheckpoint> checkpoints;  // the last 100, by step
  RunTracking tracking;
  int64_t created_ms = 0;
  std::string created_by;

  int64_t attempt() const { return attempts.empty() ? 0 : attempts.back().number; }
  int64_t started_ms() const {
    if (tracking.start_ms != 0) return tracking.start_ms;
    return attempts.empty() ? created_ms : attempts.front().started_ms;
  }
  int64_t ended_ms() const {  // 0: it goes on
    if (tracking.end_ms != 0) return tracking.end_ms;
    return done() && !attempts.empty() ? attempts.back().ended_ms : 0;
  }
  bool done() const {
    return state != RunState::kCreated && state != RunState::kRunning && state != RunState::kPaused;
  }
};

Json RunSpecJson(const RunInfo& run);
Json RunStatusJson(const RunInfo& run);
Result<RunInfo> ReadRun(const Record& record);

}  // namespace sinter
