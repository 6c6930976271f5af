// Sweeps over the own API, /sinter/v1:
//   POST /sweeps                       {"sweep": text, "recipe": text, "code"?} -> the sweep
//   GET  /sweeps?limit=, /sweeps/NAME  newest first; 100 where no limit (1 to 1,000) is said
//   POST /sweeps/NAME/pause, /resume, /cancel
// A sweep: {"name","state","message","metric","goal","rungs":[epochs],"dataset","owner","trials":[{"trial",
// "phase","rung","run","job","values","value","parameters","why"} ...]}, its trials the best first.
#pragma once

#include <vector>

#include "base/json.h"
#include "server/api/platform.h"
#include "server/http/router.h"

namespace sinter {

Json SweepJson(const SweepInfo& sweep);
// Every trial's recipe is checked before anything is accepted.
Result<Json> SubmitSweep(Platform& platform, const Json& body, const Principal& who);

// SweepsOptions::submit: the run and the job of a trial's rung.
Status SubmitSweepTrial(Platform& platform, const SweepInfo& sweep, size_t trial);

std::vector<Route> SweepRoutes(Platform& platform);

}  // namespace sinter
