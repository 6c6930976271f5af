#include <algorithm>
#include <cmath>
#include <numeric>

#include <fmt/format.h>

#include "platform/runs/sweep.h"

namespace sinter {
namespace {

using Kind = SweepAction::Kind;

// What became of a trial whose job is over.
TrialState AfterJob(const SweepInfo& sweep, TrialState state, const TrialJob& job) {
  const auto fail = [&](TrialPhase phase, std::string why) {
    state.phase = phase;
    state.why = std::move(why);
    return state;
  };
  if (job.state == JobState::kCancelled)
    return sweep.wish == SweepWish::kCancel ? fail(TrialPhase::kCancelled, "")
                                            : fail(TrialPhase::kFailed, "its job was cancelled");
  if (job.state == JobState::kFailed) return fail(TrialPhase::kFailed, job.reason);
  if (!job.value || !std::isfinite(*job.value))
    return fail(TrialPhase::kFailed, fmt::format("it has no finite {}", sweep.spec.metric));
  state.values.push_back(*job.value);
  state.phase =
      static_cast<size_t>(state.rung) + 1 == sweep.rungs.size() ? TrialPhase::kDone : TrialPhase::kReached;
  return state;
}

bool Better(const SweepInfo& sweep, size_t a, size_t b) {
  const TrialState &x = sweep.states[a], &y = sweep.states[b];
  if (x.values.size() != y.values.size()) return x.values.size() > y.values.size();
  if (!x.values.empty() && x.values.back() != y.values.back())
    return (x.values.back() > y.values.back()) == sweep.spec.maximise;
  return a < b;
}

// The best 1/eta of all that began the rung, those that failed in it too; at least one.
SweepAction Halve(const SweepInfo& sweep, std::vector<size_t> reached, size_t began) {
  std::ranges::sort(reached, [&](size_t a, size_t b) { return Better(sweep, a, b); });
  const auto eta = static_cast<size_t>(sweep.spec.halving ? sweep.spec.halving->eta : 1);
  const size_t go_on = std::clamp<size_t>(began / eta, 1, reached.size());
  reached.resize(go_on);
  std::ranges::sort(reached);
  return {.kind = Kind::kHalve, .trials = std::move(reached)};
}

SweepAction Finish(const SweepInfo& sweep) {
  size_t done = 0, failed = 0;
  for (const TrialState& state : sweep.states) {
    done += state.phase == TrialPhase::kDone ? 1 : 0;
    failed += state.phase == TrialPhase::kFailed ? 1 : 0;
  }
  std::string message = fmt::format("{} of {} trials trained to the end", done, sweep.states.size());
  if (failed != 0) message += fmt::format(", {} failed", failed);
  return {.kind = Kind::kFinish, .message = std::move(message)};
}

}  // namespace

std::vector<size_t> RankTrials(const SweepInfo& sweep) {
  std::vector<size_t> order(sweep.states.size());
  std::iota(order.begin(), order.end(), size_t{0});
  std::ranges::stable_sort(order, [&](size_t a, size_t b) { return Better(sweep, a, b); });
  return order;
}

void ApplyHalving(SweepInfo& sweep, const std::vector<size_t>& go_on) {
  for (size_t i = 0; i < sweep.states.size(); ++i) {
    TrialState& state = sweep.states[i];
    if (state.phase != TrialPhase::kReached) continue;
    const bool better = std::ranges::find(go_on, i) != go_on.end();
    state.phase = better ? TrialPhase::kWaiting : TrialPhase::kStopped;
    if (!better) continue;
    ++state.rung;
    state.job.clear();
  }
}

Decision<SweepAction> DecideSweep(const SweepSnapshot& snapshot) {
  const SweepInfo& sweep = snapshot.sweep;
  Decision<SweepAction> decision;
  if (sweep.over) return decision;
  int64_t running = 0;
  std::vector<size_t> waiting, reached;
  size_t began = 0;  // of the rung that trials reached last
  int64_t rung = 0;
  for (const TrialState& state : sweep.states) rung = std::max(rung, state.rung);
  for (size_t i = 0; i < sweep.states.size(); ++i) {
    const TrialState& state = sweep.states[i];
    if (state.rung == rung) ++began;
    if (state.phase == TrialPhase::kWaiting) waiting.push_back(i);
    if (state.phase == TrialPhase::kReached) reached.push_back(i);
    if (state.phase != TrialPhase::kRunning) continue;
    const std::optional<TrialJob>& job = snapshot.jobs[i];
    if (!job) {
      // Chosen, and not made before the server ended; or not yet. A sweep that is to end makes none.
      if (sweep.wish == SweepWish::kCancel) {
        TrialState ended = state;
        ended.phase = TrialPhase::kCancelled;
        decision.actions.push_back({.kind = Kind::kConclude, .trial = i, .state = std::move(ended)});
        continue;
      }
      decision.actions.push_back({.kind = Kind::kSubmit, .trial = i});
    } else if (IsOver(job->state)) {
      decision.actions.push_back(
          {.kind = Kind::kConclude, .trial = i, .state = AfterJob(sweep, state, *job)});
      continue;
    } else if (sweep.wish == SweepWish::kCancel && !job->stop_asked) {
      decision.actions.push_back({.kind = Kind::kCancelJob, .trial = i});
    }
    ++running;
  }
  if (running != 0) decision.again = kSweepLook;
  // What was concluded now is seen with the next look, which the change itself brings.
  if (std::ranges::any_of(decision.actions, [](const SweepAction& a) { return a.kind == Kind::kConclude; }))
    return decision;
  if (sweep.wish == SweepWish::kCancel) {
    if (running == 0) decision.actions.push_back({.kind = Kind::kFinish, .message = "cancelled"});
    return decision;
  }
  if (sweep.wish == SweepWish::kRun)
    for (size_t i = 0; i < waiting.size() && running < sweep.spec.parallel; ++i, ++running)
      decision.actions.push_back({.kind = Kind::kChoose, .trial = waiting[i]});
  if (running != 0 || !waiting.empty()) return decision;
  decision.actions.push_back(reached.empty() ? Finish(sweep) : Halve(sweep, std::move(reached), began));
  return decision;
}

}  // namespace sinter
