#include "platform/runs/sweeps.h"

#include <algorithm>
#include <functional>

#include <fmt/format.h>

namespace sinter {
namespace {

constexpr std::string_view kController = "sweeps";

Error NoSweep(std::string_view name) {
  return NotFound(fmt::format("there is no sweep '{}'", name.substr(0, 80)), "sinter sweep list");
}

// A second try would end alike.
bool Final(const Error& error) {
  return error.code == ErrorCode::kInvalidArgument || error.code == ErrorCode::kNotFound ||
         error.code == ErrorCode::kAlreadyExists || error.code == ErrorCode::kPermissionDenied;
}

}  // namespace

Result<SweepInfo> Sweeps::Create(SweepInfo sweep, std::string_view who) {
  TRY_STATUS(ExpandSweepInfo(sweep));
  sweep.name = sweep.spec.name;
  sweep.home = options_.home;
  sweep.states.assign(sweep.trials.size(), {});
  const auto record =
      records_.Create(std::string(kSweepKind), sweep.name, SweepSpecText(sweep), SweepStatusText(sweep), who);
  if (!record && record.error().code == ErrorCode::kAlreadyExists)
    return Error{ErrorCode::kAlreadyExists, fmt::format("there is a sweep '{}' already", sweep.name),
                 "give this one another name"};
  if (!record) return record.error();
  return ReadSweep(*record);
}

Result<SweepInfo> Sweeps::Get(std::string_view name) {
  const auto record = records_.Get(kSweepKind, name);
  if (!record) return record.error().code == ErrorCode::kNotFound ? NoSweep(name) : record.error();
  return ReadSweep(*record);
}

Result<std::vector<SweepInfo>> Sweeps::List(size_t limit) {
  TRY(const auto names, created_.First(limit, [](int64_t) { return true; }, std::greater<>()));
  std::vector<SweepInfo> sweeps;
  sweeps.reserve(names.size());
  TRY_STATUS(ForEachNamed(records_, kSweepKind, names, [&](const Record& record) -> Status {
    TRY(sweeps.emplace_back(), ReadSweep(record));
    return {};
  }));
  return sweeps;
}

Result<SweepInfo> Sweeps::SetWish(std::string_view name, SweepWish wish, std::string_view who) {
  const auto record = records_.Update(kSweepKind, name, who, [&](Record& r) -> Status {
    TRY(SweepInfo sweep, ReadSweep(r));
    if (sweep.home != options_.home)
      return Error{ErrorCode::kConflict,
                   fmt::format("sweep {} is of another server on the same records", name),
                   "ask the server that accepted it"};
    if (sweep.over || (sweep.wish == SweepWish::kCancel && wish != SweepWish::kCancel))
      return Error{ErrorCode::kConflict,
                   fmt::format("sweep {} is {}", name, sweep.over ? sweep.State() : "being cancelled"), ""};
    sweep.wish = wish;
    r.status = SweepStatusText(sweep);
    return {};
  });
  if (!record) return record.error().code == ErrorCode::kNotFound ? NoSweep(name) : record.error();
  return ReadSweep(*record);
}

Result<std::optional<TrialJob>> Sweeps::SeeJob(const SweepInfo& sweep, size_t trial) {
  const auto job = jobs_.Get(sweep.states[trial].job);
  if (!job && job.error().code == ErrorCode::kNotFound) return std::optional<TrialJob>();
  if (!job) return job.error();
  TrialJob seen{job->state, job->stop == StopCause::kCancel, job->reason, std::nullopt};
  if (job->state != JobState::kSucceeded) return std::optional(std::move(seen));
  TRY(const auto last, metrics_.Last(sweep.RunOf(trial)));
  for (const MetricPoint& point : last)
    if (point.name == sweep.spec.metric) seen.value = point.value;
  return std::optional(std::move(seen));
}

Result<SweepSnapshot> Sweeps::Observe(const std::string& name) {
  SweepSnapshot snapshot;
  snapshot.sweep.over = true;
  const auto record = records_.Get(kSweepKind, name);
  if (!record && record.error().code == ErrorCode::kNotFound) return snapshot;
  if (!record) return record.error();
  TRY(SweepInfo sweep, ReadSweep(*record));
  if (sweep.home != options_.home) return snapshot;
  snapshot.sweep = std::move(sweep);
  snapshot.jobs.resize(snapshot.sweep.states.size());
  for (size_t i = 0; i < snapshot.jobs.size(); ++i) {
    if (snapshot.sweep.over || snapshot.sweep.states[i].phase != TrialPhase::kRunning) continue;
    TRY(snapshot.jobs[i], SeeJob(snapshot.sweep, i));
  }
  return snapshot;
}

Status Sweeps::Change(const std::string& name, const Fence& fence,
                      const std::function<void(SweepInfo&)>& change) {
  constexpr int kTries = 5;
  for (int left = kTries;; --left) {
    TRY(Record record, records_.Get(kSweepKind, name));
    TRY(SweepInfo sweep, ReadSweep(record));
    change(sweep);
    record.status = SweepStatusText(sweep);
    const RecordWrite write = RecordWrite::Update(record).Under(fence);
    const auto written = records_.Apply({&write, 1}, kController);
    if (written) return {};
    // Somebody wished something meanwhile; or the lease is lost, which the next try finds again.
    if (written.error().code != ErrorCode::kConflict || left == 0) return written.error();
  }
}

Status Sweeps::SubmitTrial(const std::string& name, size_t trial, const Fence& fence) {
  TRY(const SweepInfo sweep, Get(name));
  Status made = options_.submit(sweep, trial);
  if (made || !Final(made.error())) return made;
  return Change(name, fence, [&](SweepInfo& s) {
    s.states[trial].phase = TrialPhase::kFailed;
    s.states[trial].why = made.error().ToString();
  });
}

Status Sweeps::Act(const std::string& name, const SweepAction& action, const Fence& fence) {
  using Kind = SweepAction::Kind;
  switch (action.kind) {
    case Kind::kChoose:
      return Change(name, fence, [&, job = jobs_.NewId()](SweepInfo& sweep) {
        sweep.states[action.trial].phase = TrialPhase::kRunning;
        sweep.states[action.trial].job = job;
      });
    case Kind::kSubmit:
      return SubmitTrial(name, action.trial, fence);
    case Kind::kConclude:
      return Change(name, fence, [&](SweepInfo& sweep) { sweep.states[action.trial] = action.state; });
    case Kind::kCancelJob: {
      TRY(const SweepInfo sweep, Get(name));
      const auto cancelled = jobs_.Cancel(sweep.states[action.trial].job, kController);
      if (!cancelled && cancelled.error().code != ErrorCode::kConflict) return cancelled.error();
      return {};
    }
    case Kind::kHalve:
      return Change(name, fence, [&](SweepInfo& sweep) { ApplyHalving(sweep, action.trials); });
    case Kind::kFinish:
      return Change(name, fence, [&](SweepInfo& sweep) {
        for (TrialState& state : sweep.states)
          if (state.phase == TrialPhase::kWaiting || state.phase == TrialPhase::kReached)
            state.phase = TrialPhase::kCancelled;
        sweep.over = true;
        sweep.message = action.message;
      });
  }
  return {};
}

}  // namespace sinter
