#include "server/api/run_api.h"

#include <cmath>
#include <limits>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "platform/tracking/recipe_parameters.h"
#include "server/api/cost_api.h"
#include "server/api/repository_api.h"
#include "server/api/routes.h"

namespace sinter {
namespace {

Json NumberJson(double value) {
  if (std::isnan(value)) return "nan";
  if (std::isinf(value)) return value > 0 ? "inf" : "-inf";
  return value;
}

Json NumbersJson(const std::vector<double>& values) {
  Json list = Json::array();
  for (const double value : values) list.push_back(NumberJson(value));
  return list;
}

double ReadNumber(JsonReader& reader, std::string_view field) {
  const Json* value = reader.Any(field);
  if (value != nullptr && value->is_string()) {
    if (*value == "nan") return std::numeric_limits<double>::quiet_NaN();
    if (*value == "inf") return std::numeric_limits<double>::infinity();
    if (*value == "-inf") return -std::numeric_limits<double>::infinity();
  }
  return reader.Number(field);
}

Json CheckpointJson(const RunCheckpoint& c) {
  return {{"step", c.step}, {"manifest", c.manifest.Hex()}, {"bytes", c.bytes}, {"at_ms", c.at_ms}};
}

Status CheckScope(std::string_view id, const TokenScope& scope) {
  if (scope.level == TokenScope::Level::kRun && scope.run == id) return {};
  return Error{ErrorCode::kPermissionDenied, fmt::format("the token is not one of run {}", id),
               "an attempt's token comes from POST /sinter/v1/runs/ID/attempts"};
}

}  // namespace

Json RunJson(const RunInfo& run) {
  Json json = RunStatusJson(run);
  json.update(RunSpecJson(run));
  json["id"] = run.id;
  json["attempt"] = run.attempt();
  json["created_ms"] = run.created_ms;
  json["created_by"] = run.created_by;
  return json;
}

Result<Json> CreateRun(Platform& platform, const Json& body, std::string_view who) {
  JsonReader reader(body, "run");
  NewRun wanted;
  wanted.name = reader.String("name");
  wanted.recipe = reader.String("recipe");
  const std::string dataset = reader.String("dataset");
  wanted.ranks = reader.Int("ranks", 1);
  TRY(wanted.code, ReadCodeVersion(reader.OptionalObject("code"), "run: code"));
  if (wanted.code.sinter.empty()) wanted.code.sinter = kVersion;
  TRY_STATUS(reader.Finish());
  TRY(const RepositoryVersion version, platform.repositories(RepositoryKind::kDataset).Find(dataset));
  wanted.dataset = version.Ref();
  wanted.dataset_version = version.id;
  TRY(const RunInfo run, platform.runs().Create(wanted, who));
  TRY_STATUS(platform.tracking().runs.log().Write(run.id, NotesOfTraining(run)));
  return RunJson(run);
}

Result<Json> ListRuns(Platform& platform, size_t limit) {
  if (limit < 1 || limit > 1000) return InvalidArgument("limit: 1 to 1,000");
  TRY(const auto runs, platform.runs().List(limit));
  Json items = Json::array();
  for (const RunInfo& run : runs) items.push_back(RunJson(run));
  return Json{{"items", std::move(items)}};
}

Result<Json> ShowRun(Platform& platform, std::string_view id) {
  TRY(const RunInfo run, platform.runs().Get(id));
  TRY(const RunSummary summary, platform.tracking().runs.log().Summary(id));
  Json json = RunJson(run);
  json["parameters"] = summary.parameters;
  json["tags"] = summary.tags;
  return json;
}

Result<Json> StartRunAttempt(Platform& platform, std::string_view id, std::string_view who) {
  TRY(const StartedAttempt started, platform.runs().StartAttempt(id, who));
  ChargeRun(platform, started.run);
  return Json{{"run", RunJson(started.run)},
              {"attempt", started.run.attempt()},
              {"token", started.token},
              {"resume_from", started.resume_from ? CheckpointJson(*started.resume_from) : Json(nullptr)}};
}

Result<Json> CancelRun(Platform& platform, std::string_view id, std::string_view who) {
  TRY(const RunInfo run, platform.runs().Cancel(id, who));
  ChargeRun(platform, run);
  return RunJson(run);
}

Result<Json> ReportRunProgress(Platform& platform, std::string_view id, const TokenScope& scope,
                               const Json& body) {
  TRY_STATUS(CheckScope(id, scope));
  JsonReader reader(body, "progress");
  const int64_t step = reader.Int("step"), steps = reader.Int("steps");
  const double cpu_seconds = reader.Number("cpu_seconds", 0);
  TRY_STATUS(reader.Finish());
  TRY_STATUS(platform.runs().ReportProgress(id, scope.attempt, step, steps, cpu_seconds));
  return Json::object();
}

Result<Json> AddRunCheckpoint(Platform& platform, std::string_view id, const TokenScope& scope,
                              const Json& body) {
  TRY_STATUS(CheckScope(id, scope));
  JsonReader reader(body, "checkpoint");
  const int64_t step = reader.Int("step");
  const Json& manifest_json = reader.Object("manifest");
  TRY_STATUS(reader.Finish());
  TRY(const Manifest manifest, ParseManifest(manifest_json.dump()));
  TRY(const RunCheckpoint checkpoint, platform.runs().AddCheckpoint(id, scope.attempt, step, manifest));
  return CheckpointJson(checkpoint);
}

Result<Json> AddRunMetrics(Platform& platform, std::string_view id, const TokenScope& scope,
                           const Json& body) {
  TRY_STATUS(CheckScope(id, scope));
  TRY_STATUS(platform.runs().CheckAttempt(id, scope.attempt));
  JsonReader reader(body, "metrics");
  std::vector<MetricPoint> points;
  for (const Json& item : reader.Array("points")) {
    JsonReader p(item, fmt::format("metrics: points[{}]", points.size()));
    points.push_back({p.String("name"), p.Int("step"), ReadNumber(p, "value"), p.Int("wall_ms")});
    TRY_STATUS(p.Finish());
  }
  TRY_STATUS(reader.Finish());
  TRY_STATUS(platform.metrics().Append(id, points));
  return Json{{"points", points.size()}};
}

Result<Json> AddRunModel(Platform& platform, std::string_view id, const TokenScope& scope, const Json& body) {
  TRY_STATUS(CheckScope(id, scope));
  TRY_STATUS(platform.runs().CheckAttempt(id, scope.attempt));
  Json rest = body;
  JsonReader reader(body, "model");
  const std::string name = reader.String("name");
  (void)reader.Object("manifest");
  (void)reader.OptionalObject("details");
  TRY_STATUS(reader.Finish());
  rest.erase("name");
  return AddVersion(platform, RepositoryKind::kModel, name, rest, fmt::format("run {}", id));
}

Result<Json> FinishRun(Platform& platform, std::string_view id, const TokenScope& scope, const Json& body) {
  TRY_STATUS(CheckScope(id, scope));
  JsonReader reader(body, "finish");
  const auto outcome = ParseRunState(reader.String("outcome"));
  const std::string message = reader.String("message", ""), model = reader.String("model", "");
  if (!outcome) reader.Fail("outcome", "must be succeeded, failed, cancelled or paused");
  TRY_STATUS(reader.Finish());
  TRY(const RunInfo run, platform.runs().Finish(id, scope.attempt, *outcome, message, model));
  ChargeRun(platform, run);
  return RunJson(run);
}

Result<Json> RunMetricNames(Platform& platform, std::string_view id) {
  TRY_STATUS(platform.runs().Get(id));
  TRY(const auto names, platform.metrics().Names(id));
  return Json{{"names", names}};
}

Result<Json> RunMetric(Platform& platform, const MetricQuery& query) {
  TRY_STATUS(platform.runs().Get(query.run));
  TRY(const MetricSeries series, platform.metrics().Read(query));
  return Json{{"points", series.points},          {"steps", series.steps},
              {"mean", NumbersJson(series.mean)}, {"least", NumbersJson(series.least)},
              {"most", NumbersJson(series.most)}, {"wall_ms", series.wall_ms}};
}

}  // namespace sinter
