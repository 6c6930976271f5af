// Whether a new revision goes on towards taking over: pure functions of what is known, so that they can be
// tested as tables and every decision can be written down with the figures it was made from.
#pragma once

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "engine/metrics/comparison.h"
#include "platform/serving/gates.h"
#include "platform/serving/replica.h"

namespace sinter {

// What is known of a candidate when it has been loaded, or not.
struct LoadSnapshot {
  std::optional<Error> load_error;      // it could not be loaded, compiled or run
  std::optional<WarmUpReport> warm;     // absent: still loading
  std::optional<Error> incompatible;    // with what clients of the current revision know
  std::optional<WarmUpReport> current;  // of the revision that answers now; absent: there is none
  int64_t wanted_batch_rows = 1;
};

enum class RolloutAction { kWait, kAdvance, kSwitch, kRefuse, kRollBack, kPause, kAbort, kFinish };
std::string_view RolloutActionName(RolloutAction action);  // "wait", "advance", "switch", "refuse", ...
std::optional<RolloutAction> RolloutActionNamed(std::string_view name);

// The states of a rollout, in their order. In `baking` the new revision answers, and the one before is warm.
// The last four are final.
enum class RolloutState {
  kLoading,
  kGolden,
  kShadow,
  kCanary,
  kBaking,
  kPaused,
  kDone,
  kRefused,
  kAborted,
  kRolledBack
};
std::string_view RolloutStateName(RolloutState state);  // "loading", ..., "rolled_back"
std::optional<RolloutState> RolloutStateNamed(std::string_view name);
inline bool IsFinal(RolloutState state) { return state >= RolloutState::kDone; }

struct RolloutDecision {
  RolloutAction action = RolloutAction::kWait;
  std::string reason;
  std::vector<std::pair<std::string, double>> figures;  // in a fixed order
  // Where it leads: the state, and of a canary the index of its share. Of kWait: where it is.
  RolloutState next = RolloutState::kLoading;
  int64_t step = 0;
};

// Waits while it loads; refuses what cannot be loaded, what breaks clients, and what answers with NaN or
// infinity to plain inputs; else advances. Speed is reported here, and judged on traffic.
RolloutDecision DecideLoaded(const LoadSnapshot& snapshot);

// What the golden set said.
struct GoldenResult {
  PairedOutcomes outcomes;  // the live revision is the first, the candidate the second
  // Instead of them where what is right is a number: as far as both revisions' errors are finite.
  std::optional<PairedErrors> errors;
  int64_t candidate_not_finite = 0;  // answers with NaN or infinity
  int64_t candidate_bad = 0;         // answers of the wrong shape or without a class
  int64_t live_not_finite = 0;       // of numbers: these examples are not compared
  std::string dataset;               // exactly this version
  std::optional<Error> unusable;     // the set cannot be read, or does not fit the service
};

// Answers of the candidate to copies of live requests, compared with the live ones; and, in a canary, what
// its own answers looked like.
struct ShadowCounts {
  int64_t compared = 0;
  int64_t failed = 0;      // the candidate gave an error
  int64_t not_finite = 0;  // NaN or infinity where the live one has numbers
  int64_t bad_shape = 0;
  int64_t bad_class = 0;    // a class that the signature does not have
  int64_t disagreed = 0;    // another class; or, without classes, numbers that differ by more than 5%
  int64_t dropped = 0;      // copies that were not made because the candidate was busy
  PairedOutcomes labelled;  // disagreements that somebody labelled
  double largest_difference = 0;
  bool operator==(const ShadowCounts&) const = default;
};

// Traffic of one revision over a window.
struct TrafficWindow {
  int64_t requests = 0;  // answered or failed
  int64_t failed = 0;    // failed, or refused because the queue was full
  double p99_ms = 0;     // of those answered
  double seconds = 0;    // that it covers
};

enum class PersonsWish { kNone, kPromote, kAbort, kPause, kResume };
std::string_view PersonsWishName(PersonsWish wish);  // "none", "promote", ...

struct RolloutSnapshot {
  RolloutState state = RolloutState::kLoading;
  RolloutState paused_from = RolloutState::kLoading;  // where it stood when it was paused
  int64_t step = 0;                                   // of a canary
  double seconds = 0;                                 // since it came to this state and step
  Gates gates;
  bool live = true;  // a revision answers beside it (in baking: is kept warm)
  bool candidate =
      true;           // the candidate is loaded: after a restart it is not, until it has been loaded again
  LoadSnapshot load;  // of kLoading
  std::optional<GoldenResult> golden;  // of kGolden; absent: being asked
  ShadowCounts shadow;
  TrafficWindow candidate_traffic, live_traffic;  // since it came to this state and step
  PersonsWish wish = PersonsWish::kNone;
  std::string wish_reason;
};

// What happens next. Every judge sees a minimum sample or waits; a broken budget is acted on as soon as it is
// spent; what a person wants goes before what the judges want, except that a candidate must be loaded to be
// promoted.
RolloutDecision DecideRollout(const RolloutSnapshot& snapshot);

}  // namespace sinter
