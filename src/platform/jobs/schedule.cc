#include "platform/jobs/schedule.h"

#include <algorithm>
#include <limits>
#include <optional>

#include <fmt/format.h>

namespace sinter {
namespace {

constexpr int64_t kNever = std::numeric_limits<int64_t>::max();

struct Amount {
  int64_t cpus = 0, memory = 0;
  void Add(const Amount& other) { cpus += other.cpus, memory += other.memory; }
  void Take(const Amount& other) { cpus -= other.cpus, memory -= other.memory; }
  bool Holds(const Amount& need) const { return need.cpus <= cpus && need.memory <= memory; }
};

Amount Need(const JobInfo& job) { return {job.spec.all_cpus(), job.spec.all_memory()}; }

int64_t EndOf(const JobInfo& job) {
  if (job.spec.time_limit_s == 0 || job.attempts.empty()) return kNever;
  return job.attempts.back().started_ms + job.spec.time_limit_s * 1000;
}

struct Owner {
  Amount running;
  int64_t jobs = 0;
  double used = 0;  // core-seconds
  JobQuota quota;
  std::vector<const JobInfo*> waiting;  // best last
  // Running cores count as an hour's work each: who has none now goes before who had some lately.
  double Share() const {
    return (used + static_cast<double>(running.cpus) * 3600) / std::max(quota.weight, 1e-9);
  }
};

// A job that does not fit yet, and what others may take without putting it off.
struct Reservation {
  std::string id;
  int64_t at_ms = kNever;
  Amount spare;  // left over once it has started
};

class Scheduler {
 public:
  explicit Scheduler(const ScheduleSnapshot& in) : in_(in) {}

  JobSchedule Decide() {
    free_ = {in_.capacity.cpus, in_.capacity.memory_bytes};
    for (const auto& [name, quota] : in_.quotas) owners_[name].quota = quota;
    for (const auto& [name, used] : in_.used) owners_[name].used = used;
    for (const ScheduledJob& job : in_.jobs) {
      if (job.job->state == JobState::kQueued)
        Sort(job);
      else
        Watch(*job.job);
    }
    for (auto& [name, owner] : owners_) std::ranges::sort(owner.waiting, After);
    while (const auto next = TakeNext()) Place(*next->first, *next->second);
    return std::move(out_);
  }

 private:
  // Whether `a` goes after `b`, both of one owner.
  static bool After(const JobInfo* a, const JobInfo* b) {
    if (a->spec.priority != b->spec.priority) return a->spec.priority < b->spec.priority;
    if (a->submitted_ms != b->submitted_ms) return a->submitted_ms > b->submitted_ms;
    return a->id > b->id;
  }

  void Act(JobActionKind kind, const JobInfo& job, std::string reason, StopCause cause = StopCause::kNone) {
    out_.actions.push_back({kind, job.id, cause, std::move(reason)});
  }
  void WakeAt(int64_t ms) {
    if (out_.wake_ms == 0 || ms < out_.wake_ms) out_.wake_ms = ms;
  }

  // A job with processes: its time, and the end that it was asked for.
  void Watch(const JobInfo& job) {
    free_.Take(Need(job));
    Owner& owner = owners_[job.spec.owner];
    owner.running.Add(Need(job));
    ++owner.jobs;
    if (job.state == JobState::kStopping) {
      stopping_.Add(Need(job));
      const int64_t deadline = job.stop_asked_ms + job.spec.grace_s * 1000;
      if (in_.now_ms >= deadline)
        Act(JobActionKind::kKill, job, fmt::format("{} s of grace are over", job.spec.grace_s));
      else
        WakeAt(deadline);
      return;
    }
    if (job.stop == StopCause::kCancel) {
      Act(JobActionKind::kStop, job, "cancelled", StopCause::kCancel);
    } else if (EndOf(job) <= in_.now_ms) {
      Act(JobActionKind::kStop, job, fmt::format("its {} s are over", job.spec.time_limit_s),
          StopCause::kTimeLimit);
    } else {
      if (EndOf(job) != kNever) WakeAt(EndOf(job));
      running_.push_back(&job);
      return;
    }
    stopping_.Add(Need(job));
  }

  // A job that waits: whether it can have a turn at all.
  void Sort(const ScheduledJob& scheduled) {
    const JobInfo& job = *scheduled.job;
    if (job.stop == StopCause::kCancel) return Act(JobActionKind::kCancel, job, "cancelled before it ran");
    if (scheduled.dependencies == Dependencies::kBroken)
      return Act(JobActionKind::kFail, job,
                 fmt::format("job {} that it waits for did not succeed", scheduled.dependency));
    if (scheduled.dependencies == Dependencies::kWaiting)
      return Act(JobActionKind::kWait, job, fmt::format("waits for job {}", scheduled.dependency));
    if (job.not_before_ms > in_.now_ms) {
      WakeAt(job.not_before_ms);
      return Act(JobActionKind::kWait, job, fmt::format("tries again after {} failures", job.failures));
    }
    if (!Amount{in_.capacity.cpus, in_.capacity.memory_bytes}.Holds(Need(job)))
      return Act(
          JobActionKind::kWait, job,
          fmt::format("needs {} cores and {} MiB; the machine has {} and {}", job.spec.all_cpus(),
                      job.spec.all_memory() >> 20, in_.capacity.cpus, in_.capacity.memory_bytes >> 20));
    owners_[job.spec.owner].waiting.push_back(&job);
  }

  using Turn = std::pair<Owner*, const JobInfo*>;
  std::optional<Turn> TakeNext() {
    Owner* best = nullptr;
    for (auto& [name, owner] : owners_) {
      if (owner.waiting.empty()) continue;
      if (best == nullptr || Before(owner, *best)) best = &owner;
    }
    if (best == nullptr) return std::nullopt;
    const JobInfo* job = best->waiting.back();
    best->waiting.pop_back();
    return Turn{best, job};
  }
  static bool Before(const Owner& a, const Owner& b) {
    const JobInfo &x = *a.waiting.back(), &y = *b.waiting.back();
    if (x.spec.priority != y.spec.priority) return x.spec.priority > y.spec.priority;
    if (a.Share() != b.Share()) return a.Share() < b.Share();
    return After(&y, &x);
  }

  void Place(Owner& owner, const JobInfo& job) {
    const Amount need = Need(job);
    const JobQuota& quota = owner.quota;
    if (owner.jobs >= quota.jobs || owner.running.cpus + need.cpus > quota.cpus ||
        owner.running.memory + need.memory > quota.memory_bytes)
      return Act(JobActionKind::kWait, job,
                 fmt::format("{} has as much as the quota allows", job.spec.owner));
    if (!free_.Holds(need)) {
      if (reservation_) return Act(JobActionKind::kWait, job, "waits for room");
      return Reserve(job);
    }
    if (reservation_ && !MayPass(job))
      return Act(JobActionKind::kWait, job, fmt::format("would put off job {}", reservation_->id));
    if (reservation_ && !EndsInTime(job)) reservation_->spare.Take(need);
    free_.Take(need);
    owner.running.Add(need);
    ++owner.jobs;
    Act(JobActionKind::kStart, job, "");
  }

  bool EndsInTime(const JobInfo& job) const {
    return reservation_->at_ms != kNever && job.spec.time_limit_s > 0 &&
           in_.now_ms + job.spec.time_limit_s * 1000 <= reservation_->at_ms;
  }
  bool MayPass(const JobInfo& job) const { return EndsInTime(job) || reservation_->spare.Holds(Need(job)); }

  void Reserve(const JobInfo& job) {
    const Amount need = Need(job);
    Amount coming = free_;
    coming.Add(stopping_);
    std::vector<const JobInfo*> victims;
    if (!coming.Holds(need)) victims = Victims(job, coming);
    for (const JobInfo* victim : victims) {
      Act(JobActionKind::kStop, *victim,
          fmt::format("makes room for job {} of priority {}", job.id, job.spec.priority),
          StopCause::kPreempt);
      stopping_.Add(Need(*victim));
      std::erase(running_, victim);
    }
    Act(JobActionKind::kWait, job, victims.empty() ? "waits for room" : "waits for jobs that make room");
    reservation_ = {job.id, kNever, {}};
    Amount then = free_;
    then.Add(stopping_);  // soon, compared with any time limit
    int64_t at = in_.now_ms;
    std::vector<const JobInfo*> ends = running_;
    std::ranges::sort(ends, {}, [](const JobInfo* j) { return EndOf(*j); });
    for (const JobInfo* end : ends) {
      if (then.Holds(need)) break;
      then.Add(Need(*end));
      at = EndOf(*end);
    }
    then.Take(need);
    reservation_->at_ms = at;
    // Never more than is free now: what runs beyond the reservation's time keeps what it has.
    reservation_->spare = {std::min(free_.cpus, then.cpus), std::min(free_.memory, then.memory)};
  }

  // The fewest of the lowest priority, the youngest first, whose end makes room; none where that is not
  // enough.
  std::vector<const JobInfo*> Victims(const JobInfo& job, Amount coming) const {
    std::vector<const JobInfo*> candidates;
    for (const JobInfo* running : running_)
      if (running->spec.preemptible && running->spec.priority < job.spec.priority)
        candidates.push_back(running);
    std::ranges::sort(candidates, [](const JobInfo* a, const JobInfo* b) {
      if (a->spec.priority != b->spec.priority) return a->spec.priority < b->spec.priority;
      return a->attempts.back().started_ms > b->attempts.back().started_ms;
    });
    const Amount need = Need(job);
    std::vector<const JobInfo*> taken;
    for (const JobInfo* candidate : candidates) {
      if (coming.Holds(need)) break;
      coming.Add(Need(*candidate));
      taken.push_back(candidate);
    }
    if (!coming.Holds(need)) return {};
    // Those that turned out not to be needed go on.
    for (size_t i = 0; i < taken.size();) {
      Amount without = coming;
      without.Take(Need(*taken[i]));
      if (without.Holds(need)) {
        coming = without;
        taken.erase(taken.begin() + static_cast<std::ptrdiff_t>(i));
      } else {
        ++i;
      }
    }
    return taken;
  }

  const ScheduleSnapshot& in_;
  JobSchedule out_;
  Amount free_, stopping_;
  std::map<std::string, Owner, std::less<>> owners_;
  std::vector<const JobInfo*> running_;  // and not asked to end
  std::optional<Reservation> reservation_;
};

}  // namespace

std::string_view JobActionName(JobActionKind kind) {
  switch (kind) {
    case JobActionKind::kStart:
      return "start";
    case JobActionKind::kStop:
      return "stop";
    case JobActionKind::kKill:
      return "kill";
    case JobActionKind::kCancel:
      return "cancel";
    case JobActionKind::kFail:
      return "fail";
    case JobActionKind::kWait:
      break;
  }
  return "wait";
}

JobSchedule DecideSchedule(const ScheduleSnapshot& snapshot) { return Scheduler(snapshot).Decide(); }

}  // namespace sinter
