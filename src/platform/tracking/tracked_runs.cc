#include "platform/tracking/tracked_runs.h"

#include <array>
#include <utility>

#include <fmt/format.h>

#include "platform/tracking/record_fields.h"

namespace sinter {
namespace {

constexpr std::array<std::pair<RunState, std::string_view>, 5> kStatuses{{{RunState::kCreated, "SCHEDULED"},
                                                                          {RunState::kRunning, "RUNNING"},
                                                                          {RunState::kSucceeded, "FINISHED"},
                                                                          {RunState::kFailed, "FAILED"},
                                                                          {RunState::kCancelled, "KILLED"}}};

Error NotActive(std::string_view id) {
  return InvalidArgument(
      fmt::format("The run {} must be in the 'active' state. Current state is deleted.", id));
}

// Names that people can tell apart and say.
std::string RandomName() {
  constexpr std::string_view kFirst[] = {"calm", "bright", "clever", "brisk", "gentle", "grand", "keen",
                                         "loud", "merry",  "nimble", "proud", "quiet",  "swift", "wise"};
  constexpr std::string_view kSecond[] = {"ant",  "bear", "crane", "deer", "fox",   "goat", "hare",
                                          "ibis", "lark", "mole",  "newt", "otter", "seal", "wren"};
  std::byte bytes[4];
  RandomSecret(bytes);
  const auto number = [&](size_t i) { return std::to_integer<size_t>(bytes[i]); };
  return fmt::format("{}-{}-{}", kFirst[number(0) % std::size(kFirst)],
                     kSecond[number(1) % std::size(kSecond)], (number(2) * 256 + number(3)) % 1000);
}

}  // namespace

std::string_view MlflowStatusName(RunState state) {
  for (const auto& [s, name] : kStatuses) {
    if (s == state) return name;
  }
  return "";
}

std::optional<RunState> ParseMlflowStatus(std::string_view name) {
  for (const auto& [s, n] : kStatuses) {
    if (n == name) return s;
  }
  return std::nullopt;
}

Result<RunInfo> TrackedRuns::Find(std::string_view id) {
  auto run = CheckRecordName(id) ? runs_.Get(id) : NotFound("");
  if (run || run.error().code != ErrorCode::kNotFound) return run;
  return NotFound(fmt::format("Run with id={} not found", id.substr(0, 100)));
}

Result<RunInfo> TrackedRuns::FindActive(std::string_view id) {
  TRY(RunInfo run, Find(id));
  if (run.tracking.deleted_ms != 0) return NotActive(id);
  if (run.tracking.experiment != kDefaultExperiment) {  // which is never deleted
    TRY(const Experiment experiment, experiments_.Get(run.tracking.experiment));
    if (experiment.deleted_ms != 0) return NotActive(id);
  }
  return run;
}

Result<TrackedRun> TrackedRuns::Complete(RunInfo info) {
  TRY(const Experiment experiment, experiments_.Get(info.tracking.experiment));
  TrackedRun run;
  run.deleted = info.tracking.deleted_ms != 0 || experiment.deleted_ms != 0;
  run.artifact_uri = fmt::format("{}/{}/artifacts", experiment.artifact_location, info.id);
  TRY(run.summary, log_.Summary(info.id));
  run.info = std::move(info);
  return run;
}

Result<TrackedRun> TrackedRuns::Create(NewOutsideRun wanted, const TagMap& tags, std::string_view who) {
  TRY(const Experiment experiment, experiments_.Get(wanted.experiment));
  if (experiment.deleted_ms != 0)
    return InvalidArgument(fmt::format(
        "The experiment {} must be in the 'active' state. Current state is deleted.", experiment.id));
  const auto tagged = tags.find(kRunNameTag);
  if (wanted.name.empty() && tagged != tags.end()) wanted.name = tagged->second;
  if (wanted.name.empty()) wanted.name = RandomName();
  if (tagged != tags.end() && tagged->second != wanted.name) {
    return InvalidArgument(
        fmt::format("Both 'run_name' argument and 'mlflow.runName' tag are specified, but with "
                    "different values (run_name='{}', mlflow.runName='{}').",
                    wanted.name, tagged->second));
  }
  RunBatch batch;
  for (const auto& [key, value] : tags) batch.notes.push_back({RunNote::kTag, key, value});
  batch.notes.push_back({RunNote::kTag, std::string(kRunNameTag), wanted.name});
  if (wanted.start_ms == 0) wanted.start_ms = clock_.UnixMillis();
  // Tags after the run: what a crash leaves between the two is a run without them, whose client got no id.
  TRY(RunInfo run, runs_.CreateOutside(wanted, who));
  TRY_STATUS(log_.Write(run.id, batch));
  return Complete(std::move(run));
}

Result<TrackedRun> TrackedRuns::Get(std::string_view id) {
  TRY(RunInfo run, Find(id));
  return Complete(std::move(run));
}

Result<TrackedRun> TrackedRuns::Update(std::string_view id, const RunChange& wanted, std::string_view who) {
  TRY(const RunInfo before, FindActive(id));
  int64_t last_step = before.step;
  if (wanted.state && before.tracking.outside) {
    TRY(const RunSummary summary, log_.Summary(id));
    for (const MetricPoint& point : summary.latest) last_step = std::max(last_step, point.step);
  }
  TRY(RunInfo run, runs_.Change(id, who, [&](RunInfo& r) -> Status {
    if (wanted.state && *wanted.state != r.state) {
      if (!r.tracking.outside)
        return InvalidArgument(fmt::format("run {} is trained here: its state follows its attempts", id));
      r.state = *wanted.state;
      r.message.clear();
    }
    if (r.tracking.outside) {
      r.step = last_step;
      if (wanted.end_ms) r.tracking.end_ms = *wanted.end_ms;
      if (!r.done()) r.tracking.end_ms = 0;
    }
    if (wanted.name) r.tracking.name = *wanted.name;
    return {};
  }));
  if (wanted.name)
    TRY_STATUS(log_.Write(id, {{}, {{RunNote::kTag, std::string(kRunNameTag), *wanted.name}}}));
  return Complete(std::move(run));
}

Status TrackedRuns::Delete(std::string_view id, std::string_view who) {
  TRY_STATUS(Find(id));
  TRY_STATUS(runs_.Change(id, who, [&](RunInfo& r) -> Status {
    if (r.tracking.deleted_ms == 0) r.tracking.deleted_ms = clock_.UnixMillis();
    return {};
  }));
  return {};
}

Status TrackedRuns::Restore(std::string_view id, std::string_view who) {
  TRY_STATUS(Find(id));
  TRY_STATUS(runs_.Change(id, who, [&](RunInfo& r) -> Status {
    r.tracking.deleted_ms = 0;
    return {};
  }));
  return {};
}

Status TrackedRuns::Write(std::string_view id, const RunBatch& batch, std::string_view who) {
  TRY(const RunInfo run, FindActive(id));
  TRY_STATUS(log_.Write(id, batch));
  for (const RunNoteValue& note : batch.notes) {
    if (note.kind != RunNote::kTag || note.key != kRunNameTag || note.value == run.tracking.name) continue;
    TRY_STATUS(runs_.Change(id, who, [&](RunInfo& r) -> Status {
      r.tracking.name = note.value;
      return {};
    }));
  }
  return {};
}

Status TrackedRuns::DeleteTag(std::string_view id, std::string_view key) {
  TRY_STATUS(FindActive(id));
  return log_.DeleteNote(id, RunNote::kTag, key);
}

}  // namespace sinter
