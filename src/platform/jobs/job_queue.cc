#include "platform/jobs/job_queue.h"

#include <algorithm>
#include <cmath>

#include <fmt/format.h>

namespace sinter {
namespace {

constexpr double kHalfLifeMs = 24.0 * 3600 * 1000;

std::string HowItEnded(const JobExit& exit) {
  if (!exit.problem.empty()) return exit.problem;
  if (exit.out_of_memory) return "it took more memory than it may";
  if (exit.signal != 0) return fmt::format("killed by signal {}", exit.signal);
  return fmt::format("exit code {}", exit.code);
}

int64_t LostAttempts(const JobInfo& job) {
  return std::ranges::count_if(job.attempts, [](const JobAttempt& a) { return a.lost; });
}

// What the end of the last attempt means for the job.
void Conclude(JobInfo& job, const JobAttempt& attempt, int64_t now_ms) {
  const auto over = [&](JobState state, std::string reason) {
    job.state = state;
    job.reason = std::move(reason);
  };
  const auto again = [&](std::string reason, int64_t after_ms) {
    over(JobState::kQueued, std::move(reason));
    job.not_before_ms = after_ms > 0 ? now_ms + after_ms : 0;
  };
  const bool good =
      !attempt.lost && attempt.exit_code == 0 && attempt.exit_signal == 0 && attempt.message.empty();
  if (attempt.stopped == StopCause::kCancel) return over(JobState::kCancelled, "cancelled");
  if (good) return over(JobState::kSucceeded, "");
  if (attempt.stopped == StopCause::kTimeLimit)
    return over(JobState::kFailed, fmt::format("stopped after its {} s", job.spec.time_limit_s));
  if (attempt.stopped == StopCause::kPreempt) return again("made room for another job", 0);
  if (attempt.stopped == StopCause::kShutdown) return again("the server stopped", 0);
  if (attempt.lost) {
    if (LostAttempts(job) < kLostTries) return again(attempt.message, 0);
    return over(JobState::kFailed, attempt.message);
  }
  ++job.failures;
  if (job.failures <= job.spec.retries) return again(attempt.message, JobBackOffMs(job.failures));
  over(JobState::kFailed, attempt.message);
}

}  // namespace

JobInfo AfterAttempt(JobInfo job, const AttemptReport& report, int64_t now_ms) {
  if (job.attempts.empty() || report.kind == AttemptReport::Kind::kRunning) return job;
  JobAttempt& attempt = job.attempts.back();
  attempt.stopped = job.state == JobState::kStopping ? job.stop : StopCause::kNone;
  if (report.kind == AttemptReport::Kind::kEnded) {
    const JobExit& exit = report.exit;
    attempt.exit_code = exit.code;
    attempt.exit_signal = exit.signal;
    attempt.cpu_seconds = exit.cpu_seconds;
    // A clock that jumped must not make attempts that end before they begin.
    attempt.ended_ms = std::max(exit.ended_ms, attempt.started_ms);
    const bool good = exit.code == 0 && exit.signal == 0 && exit.problem.empty();
    attempt.message = good ? "" : HowItEnded(exit);
  } else {
    attempt.ended_ms = std::max(now_ms, attempt.started_ms);
    attempt.lost = true;
    attempt.message = "its keeper was killed, or the machine went down";
  }
  // A copy: what follows may move the attempts.
  Conclude(job, JobAttempt(attempt), now_ms);
  // A wish to cancel that came too late for this attempt is for the job all the same.
  if (job.stop != StopCause::kCancel || IsOver(job.state)) job.stop = StopCause::kNone;
  job.stop_asked_ms = 0;
  job.keeper = {};
  return job;
}

double JobQueue::Used::At(int64_t now_ms) const {
  const auto age = static_cast<double>(std::max<int64_t>(0, now_ms - at_ms));
  return core_seconds * std::exp2(-age / kHalfLifeMs);
}

void JobQueue::Put(JobInfo job) {
  if (IsOver(job.state)) {
    jobs_.erase(job.id);
    return;
  }
  std::string id = job.id;
  jobs_.insert_or_assign(std::move(id), std::move(job));
}

const JobInfo* JobQueue::Find(const std::string& id) const {
  const auto found = jobs_.find(id);
  return found == jobs_.end() ? nullptr : &found->second;
}

void JobQueue::Charge(const JobInfo& job, const JobAttempt& attempt) {
  if (attempt.ended_ms <= attempt.started_ms) return;
  Used& used = used_[job.spec.owner];
  const double seconds = static_cast<double>(attempt.ended_ms - attempt.started_ms) / 1000;
  const int64_t now = std::max(used.at_ms, attempt.ended_ms);
  used = {used.At(now) + seconds * static_cast<double>(job.spec.all_cpus()), now};
}

ScheduleSnapshot JobQueue::Snapshot(int64_t now_ms) const {
  ScheduleSnapshot snapshot;
  snapshot.now_ms = now_ms;
  snapshot.capacity = capacity_;
  for (const auto& [owner, used] : used_) snapshot.used[owner] = used.At(now_ms);
  snapshot.jobs.reserve(jobs_.size());
  for (const auto& [id, job] : jobs_) {
    ScheduledJob scheduled{&job, Dependencies::kMet, ""};
    if (job.state == JobState::kQueued) {
      for (const std::string& other : job.spec.after) {
        const JobInfo* here = Find(other);
        const auto state = here != nullptr ? std::optional(here->state) : state_of_(other);
        if (state == JobState::kSucceeded) continue;
        const bool broken = !state || IsOver(*state);
        scheduled.dependency = other;
        scheduled.dependencies = broken ? Dependencies::kBroken : Dependencies::kWaiting;
        if (broken) break;
      }
    }
    snapshot.jobs.push_back(std::move(scheduled));
  }
  return snapshot;
}

}  // namespace sinter
