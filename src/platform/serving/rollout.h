// Whether a new revision takes over: a pure function of what is known, so that it can be tested as a table
// and every decision can be written down with the figures it was made from.
#pragma once

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "platform/serving/replica.h"

namespace sinter {

// What is known of a candidate when it is asked about.
struct RolloutSnapshot {
  std::optional<Error> load_error;      // it could not be loaded, compiled or run
  std::optional<WarmUpReport> warm;     // absent: still loading
  std::optional<Error> incompatible;    // with what clients of the current revision know
  std::optional<WarmUpReport> current;  // of the revision that answers now; absent: there is none
  int64_t wanted_batch_rows = 1;
};

enum class RolloutAction { kWait, kSwitch, kRefuse };
std::string_view RolloutActionName(RolloutAction action);  // "wait", "switch", "refuse"

struct RolloutDecision {
  RolloutAction action = RolloutAction::kWait;
  std::string reason;
  std::vector<std::pair<std::string, double>> figures;  // in a fixed order
};

// Waits while it loads; refuses what cannot be loaded, what breaks clients, and what answers with NaN or
// infinity to plain inputs; else switches. Speed is reported, not judged: the gates on traffic are to come.
RolloutDecision DecideRollout(const RolloutSnapshot& snapshot);

}  // namespace sinter
