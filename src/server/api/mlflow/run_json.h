// A run as MLflow's clients read it.
#pragma once

#include "base/json.h"
#include "platform/tracking/tracked_runs.h"

namespace sinter {

// {"info","data","inputs","outputs"}
Json MlflowRunJson(const TrackedRun& run);

}  // namespace sinter
