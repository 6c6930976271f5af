// Who took how much of the machine, over the own API, /sinter/v1:
//   GET /cost?by=run|owner|service&since=UNIX_MS
//       {"by","since","items":[{"name","core_hours","gpu_hours","runs","entries","cost"} ...],"price":
//        {"core_hour","gpu_hour","currency"} or null}, the dearest first; cost is null while no price is set
//   PUT /cost/price   {"core_hour","gpu_hour","currency"}
// Attempts of jobs are charged by the core time that their cgroup counted (without one, by what the kernel
// says of ended processes), trainings outside of the queue by what they told, services by an estimate
// (service_meter.h). There are no GPUs yet: their hours are 0.
#pragma once

#include <vector>

#include "base/json.h"
#include "platform/runs/cost_ledger.h"
#include "server/api/platform.h"
#include "server/http/router.h"

namespace sinter {

Result<Json> ShowCost(Platform& platform, CostBy by, int64_t since_ms);

// What an attempt of a job costs: of a training under its run's attempt, so that what the run itself told is
// replaced by what was measured. Absent: nothing is known of it.
std::optional<CostEntry> CostOfJobAttempt(const JobInfo& job, const JobAttempt& attempt, int64_t run_attempt);
// Of a run's attempt that ended, by what it told.
std::optional<CostEntry> CostOfRunAttempt(const RunInfo& run, const RunAttempt& attempt);

// After an attempt ended. Costs that cannot be written are told to whoever runs the server, and lost.
void ChargeJob(Platform& platform, const JobInfo& job, const JobAttempt& attempt);
void ChargeRun(Platform& platform, const RunInfo& run);
// Attempts of the latest jobs that ended and were not charged before the server did.
Status ChargeWhatEnded(Platform& platform);

std::vector<Route> CostRoutes(Platform& platform);

}  // namespace sinter
