// Jobs over the own API, /sinter/v1:
//   POST /jobs                  a job's spec (platform/jobs/job.h), or {"recipe","ranks","dataset", ...}: a
//   training run as a job GET  /jobs?limit=           newest first GET  /jobs/ID POST /jobs/ID/cancel GET
//   /jobs/ID/log?attempt=&from=   {"text","next","ended"}: from a byte on
//   GET  /jobs/ID/usage?attempt=&points=   {"at_ms":[],"cores":[],"memory_bytes":[],"processes":[]}
//   GET  /jobs/queue            what
//   the machine gives to jobs, how they are isolated, quotas, who used how much PUT  /jobs/quotas/OWNER
//   {"cpus","memory_bytes","jobs","weight"}
// The owner of a job is who submits it; an administrator may name another.
#pragma once

#include <vector>

#include "base/json.h"
#include "server/api/platform.h"
#include "server/http/router.h"

namespace sinter {

Json JobJson(const JobInfo& job);
Result<Json> SubmitJob(Platform& platform, const Json& body, const Principal& who);
Result<Json> ListJobs(Platform& platform, size_t limit);
Result<Json> ShowJob(Platform& platform, std::string_view id);
Result<Json> CancelJob(Platform& platform, std::string_view id, std::string_view who);
Result<Json> ShowJobLog(Platform& platform, std::string_view id, int64_t attempt, uint64_t from);
Result<Json> ShowJobUsage(Platform& platform, std::string_view id, int64_t attempt, int64_t points);
Result<Json> ShowJobQueue(Platform& platform);
Result<Json> SetJobQuota(Platform& platform, std::string_view owner, const Json& body, std::string_view who);

std::vector<Route> JobRoutes(Platform& platform);

// A job that trains whatever run it is given.
JobSpec TrainingJobSpec();

// What the queue does around an attempt of a job that feeds a training run: begins the run's attempt, whose
// token is the only thing that the command can write with, and ends it.
Status PrepareTrainingJob(Platform& platform, const std::string& origin, const JobInfo& job,
                          JobLaunch& launch);
void ConcludeTrainingJob(Platform& platform, const JobInfo& job, const JobAttempt& attempt);

}  // namespace sinter
