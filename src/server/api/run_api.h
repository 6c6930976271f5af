// Runs over the own API, /sinter/v1. What feeds a run carries that run's token, which names its attempt.
//   POST /runs                       {"name","recipe","dataset","ranks","code"?} -> the run; code:
//   platform/jobs/code_version.h GET  /runs, /runs/ID POST /runs/ID/attempts           ->
//   {"run","attempt","token","resume_from": null or checkpoint} POST /runs/ID/progress
//   {"step","steps","cpu_seconds"?}       (the run's token) POST /runs/ID/checkpoints {"step","manifest"}
//   (the run's token) POST /runs/ID/metrics            {"points":[{"name","step","value","wall_ms"} ...]}
//   (the run's token) POST /runs/ID/model              {"name","manifest","details"}         (the run's
//   token) POST /runs/ID/finish             {"outcome","message","model"}         (the run's token) POST
//   /runs/ID/cancel GET  /runs/ID/metrics            {"names":[...]} GET
//   /runs/ID/metrics?name=&from=&to=&points=
// A value that JSON cannot write is a string: "nan", "inf", "-inf".
#pragma once

#include "base/json.h"
#include "server/api/platform.h"

namespace sinter {

Json RunJson(const RunInfo& run);

// `dataset` is resolved to one version at this moment: the run records exactly the version it uses.
Result<Json> CreateRun(Platform& platform, const Json& body, std::string_view who);
Result<Json> ListRuns(Platform& platform, size_t limit);
Result<Json> ShowRun(Platform& platform, std::string_view id);
Result<Json> StartRunAttempt(Platform& platform, std::string_view id, std::string_view who);
Result<Json> CancelRun(Platform& platform, std::string_view id, std::string_view who);

// `scope` is the caller's: kPermissionDenied for anything but a token of this run, kConflict for one of an
// attempt that is over.
Result<Json> ReportRunProgress(Platform& platform, std::string_view id, const TokenScope& scope,
                               const Json& body);
Result<Json> AddRunCheckpoint(Platform& platform, std::string_view id, const TokenScope& scope,
                              const Json& body);
Result<Json> AddRunMetrics(Platform& platform, std::string_view id, const TokenScope& scope,
                           const Json& body);
// {"name","manifest","details"}: a version of model NAME, made by this run.
Result<Json> AddRunModel(Platform& platform, std::string_view id, const TokenScope& scope, const Json& body);
Result<Json> FinishRun(Platform& platform, std::string_view id, const TokenScope& scope, const Json& body);

Result<Json> RunMetricNames(Platform& platform, std::string_view id);
Result<Json> RunMetric(Platform& platform, const MetricQuery& query);

}  // namespace sinter
