#include "platform/runs/run.h"

#include <array>
#include <utility>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "base/json.h"

namespace sinter {
namespace {

constexpr std::array<std::pair<RunState, std::string_view>, 6> kStates{{{RunState::kCreated, "created"},
                                                                        {RunState::kRunning, "running"},
                                                                        {RunState::kSucceeded, "succeeded"},
                                                                        {RunState::kFailed, "failed"},
                                                                        {RunState::kCancelled, "cancelled"},
                                                                        {RunState::kPaused, "paused"}}};

RunState ReadState(JsonReader& reader, std::string_view field) {
  const auto state = ParseRunState(reader.String(field));
  if (!state) reader.Fail(field, "is no state of a run");
  return state.value_or(RunState::kFailed);
}

Sha256Digest ReadDigest(JsonReader& reader, std::string_view field) {
  const auto digest = ParseSha256(reader.String(field));
  if (!digest) reader.Fail(field, "is no sha256");
  return digest.value_or(Sha256Digest{});
}

// What is as it is by default is left out: so records from before tracking read, and stay as they are.
void AddTrackingSpec(Json& spec, const RunTracking& tracking) {
  if (tracking.experiment != "0") spec["experiment"] = tracking.experiment;
  if (tracking.outside) spec["outside"] = true;
}

void AddTrackingStatus(Json& status, const RunTracking& t) {
  if (t.name.empty() && t.user.empty() && t.start_ms == 0 && t.end_ms == 0 && t.deleted_ms == 0) return;
  status["tracking"] = {{"name", t.name},
                        {"user", t.user},
                        {"start_ms", t.start_ms},
                        {"end_ms", t.end_ms},
                        {"deleted_ms", t.deleted_ms}};
}

Status ReadTrackingStatus(JsonReader& is, RunTracking& tracking) {
  if (!is.Has("tracking")) return {};
  JsonReader t(is.Object("tracking"), is.where() + ": tracking");
  tracking.name = t.String("name");
  tracking.user = t.String("user");
  tracking.start_ms = t.Int("start_ms");
  tracking.end_ms = t.Int("end_ms");
  tracking.deleted_ms = t.Int("deleted_ms");
  return t.Finish();
}

}  // namespace

std::string_view RunStateName(RunState state) {
  for (const auto& [s, name] : kStates) {
    if (s == state) return name;
  }
  return "";
}

std::optional<RunState> ParseRunState(std::string_view name) {
  for (const auto& [s, n] : kStates) {
    if (n == name) return s;
  }
  return std::nullopt;
}

Json RunSpecJson(const RunInfo& run) {
  Json spec = {{"recipe", run.recipe},
               {"dataset", run.dataset},
               {"dataset_version", run.dataset_version.Hex()},
               {"ranks", run.ranks},
               {"code", CodeVersionJson(run.code)},
               {"sweep", run.sweep}};
  AddTrackingSpec(spec, run.tracking);
  return spec;
}

Json RunStatusJson(const RunInfo& run) {
  Json attempts = Json::array(), checkpoints = Json::array();
  for (const RunAttempt& a : run.attempts) {
    attempts.push_back({{"number", a.number},
                        {"from_step", a.from_step},
                        {"started_ms", a.started_ms},
                        {"ended_ms", a.ended_ms},
                        {"outcome", RunStateName(a.outcome)},
                        {"message", a.message},
                        {"cpu_seconds", a.cpu_seconds}});
  }
  for (const RunCheckpoint& c : run.checkpoints) {
    checkpoints.push_back(
        {{"step", c.step}, {"manifest", c.manifest.Hex()}, {"bytes", c.bytes}, {"at_ms", c.at_ms}});
  }
  Json status = {{"state", RunStateName(run.state)},
                 {"step", run.step},
                 {"steps", run.steps},
                 {"message", run.message},
                 {"model", run.model},
                 {"attempts", std::move(attempts)},
                 {"checkpoints", std::move(checkpoints)}};
  AddTrackingStatus(status, run.tracking);
  return status;
}

Result<RunInfo> ReadRun(const Record& record) {
  RunInfo run;
  run.id = record.name;
  run.created_ms = record.created_ms;
  run.created_by = record.created_by;
  TRY(const Json spec, ParseJson(record.spec));
  JsonReader wanted(spec, fmt::format("spec of run {}", record.name));
  run.recipe = wanted.String("recipe");
  run.dataset = wanted.String("dataset");
  run.dataset_version = ReadDigest(wanted, "dataset_version");
  run.ranks = wanted.Int("ranks");
  run.tracking.experiment = wanted.String("experiment", "0");
  run.tracking.outside = wanted.Bool("outside", false);
  TRY(run.code, ReadCodeVersion(wanted.OptionalObject("code"), wanted.where() + ": code"));
  run.sweep = wanted.String("sweep", "");
  TRY_STATUS(wanted.Finish());
  TRY(const Json status, ParseJson(record.status));
  JsonReader is(status, fmt::format("status of run {}", record.name));
  run.state = ReadState(is, "state");
  run.step = is.Int("step");
  run.steps = is.Int("steps");
  run.message = is.String("message");
  run.model = is.String("model");
  for (const Json& item : is.Array("attempts")) {
    JsonReader a(item, is.where() + ": attempts");
    run.attempts.push_back({a.Int("number"), a.Int("from_step"), a.Int("started_ms"), a.Int("ended_ms"),
                            ReadState(a, "outcome"), a.String("message"), a.Number("cpu_seconds", 0)});
    TRY_STATUS(a.Finish());
  }
  for (const Json& item : is.Array("checkpoints")) {
    JsonReader c(item, is.where() + ": checkpoints");
    const int64_t bytes = c.Int("bytes");
    if (bytes < 0) c.Fail("bytes", "must not be negative");
    run.checkpoints.push_back(
        {c.Int("step"), ReadDigest(c, "manifest"), static_cast<uint64_t>(bytes), c.Int("at_ms")});
    TRY_STATUS(c.Finish());
  }
  TRY_STATUS(ReadTrackingStatus(is, run.tracking));
  TRY_STATUS(is.Finish());
  return run;
}

}  // namespace sinter
