#include "platform/runs/runs.h"

#include <algorithm>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "platform/hub/repositories.h"

namespace sinter {
namespace {

constexpr std::string_view kKind = "run";
constexpr size_t kKept = 100;  // attempts and checkpoints in the record

std::string TokenName(std::string_view id, int64_t attempt) {
  return fmt::format("run {} attempt {}", id, attempt);
}

std::string RandomSuffix() {
  constexpr std::string_view kAlphabet = "abcdefghijkmnpqrstuvwxyz23456789";  // 32, no l, o, 0, 1
  std::byte bytes[6];
  RandomSecret(bytes);
  std::string text;
  for (const std::byte b : bytes) text.push_back(kAlphabet[static_cast<size_t>(b) % 32]);
  return text;
}

Error Superseded(const RunInfo& run, int64_t attempt) {
  if (run.done() || run.state == RunState::kPaused) {
    return {ErrorCode::kConflict, fmt::format("run {} is {}", run.id, RunStateName(run.state)), ""};
  }
  return {ErrorCode::kConflict,
          fmt::format("attempt {} of run {} is over; attempt {} has it", attempt, run.id, run.attempt()),
          "stop: whatever this attempt writes is refused"};
}

Status CheckCurrent(const RunInfo& run, int64_t attempt) {
  if (run.state == RunState::kRunning && run.attempt() == attempt) return {};
  return Superseded(run, attempt);
}

template <class T>
void KeepLast(std::vector<T>& items) {
  if (items.size() > kKept) items.erase(items.begin(), items.end() - kKept);
}

}  // namespace

Result<RunInfo> Runs::Create(const NewRun& wanted, std::string_view who) {
  if (wanted.name.find('/') != wanted.name.npos) return InvalidArgument("a run's name has no '/'");
  TRY_STATUS(CheckRepositoryName(wanted.name));
  if (wanted.ranks < 1 || wanted.ranks > 4096) {
    return InvalidArgument(fmt::format("{} ranks: a run has 1 to 4,096", wanted.ranks));
  }
  if (!store_.Has(wanted.dataset_version)) {
    return NotFound(fmt::format("the data set's version {} is not here", wanted.dataset_version.Hex()),
                    "look at: sinter data list");
  }
  RunInfo run;
  run.recipe = wanted.recipe;
  run.dataset = wanted.dataset;
  run.dataset_version = wanted.dataset_version;
  run.ranks = wanted.ranks;
  run.code = wanted.code;
  run.sweep = wanted.sweep;
  if (!wanted.id.empty()) {
    TRY(const Record record, records_.Create(std::string(kKind), wanted.id, RunSpecJson(run).dump(),
                                             RunStatusJson(run).dump(), who));
    return ReadRun(record);
  }
  while (true) {
    run.id = fmt::format("{}-{}", wanted.name, RandomSuffix());
    auto record =
        records_.Create(std::string(kKind), run.id, RunSpecJson(run).dump(), RunStatusJson(run).dump(), who);
    if (record) return ReadRun(*record);
    if (record.error().code != ErrorCode::kAlreadyExists) return std::move(record).error();
  }
}

Result<RunInfo> Runs::CreateOutside(const NewOutsideRun& wanted, std::string_view who) {
  std::byte bytes[16];
  RandomSecret(bytes);
  RunInfo run;
  for (const std::byte b : bytes) run.id += fmt::format("{:02x}", static_cast<unsigned>(b));
  run.tracking = {.experiment = wanted.experiment,
                  .outside = true,
                  .name = wanted.name,
                  .user = wanted.user,
                  .start_ms = wanted.start_ms};
  run.state = RunState::kRunning;
  TRY(const Record record,
      records_.Create(std::string(kKind), run.id, RunSpecJson(run).dump(), RunStatusJson(run).dump(), who));
  return ReadRun(record);
}

Result<RunInfo> Runs::Get(std::string_view id) {
  TRY(const Record record, records_.Get(kKind, id));
  return ReadRun(record);
}

Result<std::vector<RunInfo>> Runs::List(size_t limit) {
  TRY(const auto names, index_.First(
                            limit, [](const RunHead& run) { return !run.deleted; },
                            [](const RunHead& a, const RunHead& b) { return a.created_ms > b.created_ms; }));
  std::vector<RunInfo> runs;
  runs.reserve(names.size());
  TRY_STATUS(ForEachNamed(records_, kKind, names, [&](const Record& record) -> Status {
    TRY(RunInfo run, ReadRun(record));
    runs.push_back(std::move(run));
    return {};
  }));
  return runs;
}

Result<RunInfo> Runs::Change(std::string_view id, std::string_view who,
                             const std::function<Status(RunInfo&)>& change) {
  TRY(const Record record, records_.Update(kKind, id, who, [&](Record& r) -> Status {
    TRY(RunInfo run, ReadRun(r));
    TRY_STATUS(change(run));
    KeepLast(run.attempts);
    KeepLast(run.checkpoints);
    r.status = RunStatusJson(run).dump();
    return {};
  }));
  return ReadRun(record);
}

Status Runs::RevokeToken(std::string_view id, int64_t attempt, std::string_view who) {
  Status status = Tokens(records_).Revoke(TokenName(id, attempt), who);
  if (!status && status.error().code != ErrorCode::kNotFound) return status;
  return {};
}

Result<StartedAttempt> Runs::StartAttempt(std::string_view id, std::string_view who) {
  const int64_t now = clock_.UnixMillis();
  TRY(RunInfo run, Change(id, who, [&](RunInfo& r) -> Status {
        if (r.tracking.outside)
          return Error{ErrorCode::kConflict,
                       fmt::format("run {} is trained by the client that logs it", r.id), ""};
        if (r.state == RunState::kSucceeded || r.state == RunState::kCancelled)
          return Superseded(r, r.attempt() + 1);
        if (!r.attempts.empty() && r.attempts.back().ended_ms == 0) {
          r.attempts.back().ended_ms = now;
          r.attempts.back().outcome = RunState::kFailed;
          r.attempts.back().message = "lost: the next attempt took over";
        }
        const int64_t from = r.checkpoints.empty() ? 0 : r.checkpoints.back().step;
        r.attempts.push_back({r.attempt() + 1, from, now, 0, RunState::kRunning, "", 0});
        r.state = RunState::kRunning;
        r.step = from;
        r.message.clear();
        return {};
      }));
  const int64_t attempt = run.attempt();
  if (attempt > 1) TRY_STATUS(RevokeToken(id, attempt - 1, who));
  TRY(std::string token, Tokens(records_).Create(TokenName(id, attempt),
                                                 {TokenScope::Level::kRun, std::string(id), attempt}, who));
  std::optional<RunCheckpoint> resume;
  if (!run.checkpoints.empty()) resume = run.checkpoints.back();
  return StartedAttempt{std::move(run), std::move(token), resume};
}

Status Runs::CheckAttempt(std::string_view id, int64_t attempt) {
  TRY(const RunInfo run, Get(id));
  return CheckCurrent(run, attempt);
}

Result<RunInfo> Runs::ReportProgress(std::string_view id, int64_t attempt, int64_t step, int64_t steps,
                                     double cpu_seconds) {
  if (step < 0 || steps < 0) return InvalidArgument("steps count from 0");
  if (!(cpu_seconds >= 0 && cpu_seconds < 1e12)) return InvalidArgument("cpu_seconds counts from 0");
  return Change(id, TokenName(id, attempt), [&](RunInfo& run) -> Status {
    TRY_STATUS(CheckCurrent(run, attempt));
    run.step = step;
    run.steps = steps;
    run.attempts.back().cpu_seconds = std::max(run.attempts.back().cpu_seconds, cpu_seconds);
    return {};
  });
}

Result<RunCheckpoint> Runs::AddCheckpoint(std::string_view id, int64_t attempt, int64_t step,
                                          const Manifest& manifest) {
  if (step < 0) return InvalidArgument("steps count from 0");
  TRY_STATUS(CheckAttempt(id, attempt));
  const SweepHold hold = store_.Hold();
  RunCheckpoint checkpoint{step, {}, 0, clock_.UnixMillis()};
  TRY(checkpoint.manifest, PutManifest(store_, manifest));
  for (const ManifestFile& file : manifest.files) checkpoint.bytes += file.size;
  TRY_STATUS(Change(id, TokenName(id, attempt), [&](RunInfo& run) -> Status {
    TRY_STATUS(CheckCurrent(run, attempt));
    std::erase_if(run.checkpoints, [&](const RunCheckpoint& c) { return c.step == step; });
    run.checkpoints.push_back(checkpoint);
    std::ranges::sort(run.checkpoints, {}, &RunCheckpoint::step);
    return {};
  }));
  return checkpoint;
}

Result<RunInfo> Runs::Finish(std::string_view id, int64_t attempt, RunState outcome, std::string_view message,
                             std::string_view model) {
  if (outcome == RunState::kCreated || outcome == RunState::kRunning) {
    return InvalidArgument("an attempt ends as succeeded, failed, cancelled or paused");
  }
  auto run = Change(id, TokenName(id, attempt), [&](RunInfo& r) -> Status {
    if (r.attempt() == attempt && r.state == outcome && r.message == message && r.model == model) return {};
    TRY_STATUS(CheckCurrent(r, attempt));
    r.state = outcome;
    r.message = message;
    r.model = model;
    r.attempts.back().ended_ms = clock_.UnixMillis();
    r.attempts.back().outcome = outcome;
    r.attempts.back().message = message;
    return {};
  });
  return run;
}

Result<RunInfo> Runs::Cancel(std::string_view id, std::string_view who) {
  TRY(RunInfo run, Change(id, who, [&](RunInfo& r) -> Status {
        if (r.state == RunState::kCancelled) return {};
        if (r.state == RunState::kSucceeded) return Superseded(r, r.attempt());
        r.state = RunState::kCancelled;
        r.message = fmt::format("cancelled by {}", who);
        if (r.tracking.outside) r.tracking.end_ms = clock_.UnixMillis();
        if (!r.attempts.empty() && r.attempts.back().ended_ms == 0) {
          r.attempts.back().ended_ms = clock_.UnixMillis();
          r.attempts.back().outcome = RunState::kCancelled;
        }
        return {};
      }));
  TRY_STATUS(RevokeToken(id, run.attempt(), who));
  return run;
}

}  // namespace sinter
