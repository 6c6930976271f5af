// A sweep as it is kept, and what is done about it: a pure function.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/hash.h"
#include "platform/jobs/job.h"
#include "platform/records/controller.h"
#include "platform/runs/sweep_spec.h"

namespace sinter {

inline constexpr std::string_view kSweepKind = "sweep";

enum class TrialPhase {
  kWaiting,    // to train the epochs of its rung
  kRunning,    // a job is chosen for that, and may not be there yet
  kReached,    // the rung's end, with a value; waits for the others
  kStopped,    // others were better
  kDone,       // all epochs; it made a model
  kFailed,     // its job did, or it has no value
  kCancelled,  // with the sweep
};
std::string_view TrialPhaseName(TrialPhase phase);  // "waiting", ...

struct TrialState {
  TrialPhase phase = TrialPhase::kWaiting;
  int64_t rung = 0;            // from 0: of which it waits, runs or ended
  std::string job;             // of the rung; empty: none was chosen yet
  std::vector<double> values;  // at the end of each rung that it reached
  std::string why;             // it failed
  bool operator==(const TrialState&) const = default;
};

enum class SweepWish { kRun, kPause, kCancel };
std::string_view SweepWishName(SweepWish wish);  // "run", "pause", "cancel"

struct SweepInfo {
  std::string name;
  // What is wanted; never changes.
  std::string text;     // of the sweep, as it was given
  std::string recipe;   // the text that trials change
  std::string dataset;  // "fashion@1": all trials use exactly this version
  std::string owner;
  std::string home;  // of the server that runs it
  CodeVersion code;
  SweepSpec spec;                  // follows from the text
  std::vector<SweepTrial> trials;  // likewise
  std::vector<int64_t> rungs;      // likewise: epochs
  // What is.
  SweepWish wish = SweepWish::kRun;
  bool over = false;
  std::string message;             // how it ended
  std::vector<TrialState> states;  // one a trial
  int64_t created_ms = 0, updated_ms = 0;

  // "running", "paused", "succeeded", "failed", "cancelled"
  std::string_view State() const;
  std::string RunOf(size_t trial) const;  // the id of its run: NAME-001
};

std::string SweepSpecText(const SweepInfo& sweep);
std::string SweepStatusText(const SweepInfo& sweep);
Result<SweepInfo> ReadSweep(const Record& record);
// From its texts: spec, trials and rungs.
Status ExpandSweepInfo(SweepInfo& sweep);

// Trials by how good they are: those of a later rung first, then by the value of their last rung, then by
// number. Those without a value come last.
std::vector<size_t> RankTrials(const SweepInfo& sweep);

// What is seen of a trial's job.
struct TrialJob {
  JobState state = JobState::kQueued;
  bool stop_asked = false;
  std::string reason;
  std::optional<double> value;  // of the metric, once the job succeeded
};

struct SweepSnapshot {
  SweepInfo sweep;
  std::vector<std::optional<TrialJob>> jobs;  // one a trial; absent: none is there under the chosen id
};

struct SweepAction {
  enum class Kind {
    kChoose,     // write down which job trains the trial's rung
    kSubmit,     // that job is not there: make it
    kConclude,   // its job is over: write down the trial as `state` has it
    kCancelJob,  // the sweep is to end
    kHalve,      // the rung is over: `trials` go on, the others that reached it stop
    kFinish,     // the sweep is over, `message`
  };
  Kind kind = Kind::kChoose;
  size_t trial = 0;
  TrialState state;
  std::vector<size_t> trials;
  std::string message;
  bool operator==(const SweepAction&) const = default;
};

// How often a sweep whose jobs run is looked at.
inline constexpr std::chrono::milliseconds kSweepLook{500};

// What kHalve means: `go_on` wait for the next rung, the others that reached theirs stop.
void ApplyHalving(SweepInfo& sweep, const std::vector<size_t>& go_on);

Decision<SweepAction> DecideSweep(const SweepSnapshot& snapshot);

}  // namespace sinter
