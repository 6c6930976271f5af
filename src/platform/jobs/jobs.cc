#include "platform/jobs/jobs.h"

#include <poll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <optional>

#include <fmt/format.h>

#include "base/hash.h"
#include "platform/records/each_record.h"

namespace sinter {
namespace {

constexpr std::string_view kServer = "server";
// A reading that fails, a clock that jumps: everything is looked at this often whatever happens.
constexpr int64_t kLongestWaitMs = 5000;
// Deciding looks at all that wait: with many of them it is done a few times a second, not for each that
// comes.
constexpr size_t kMany = 1000;
constexpr std::chrono::milliseconds kBreath(50);

// Sorted by time as texts, unlike any other: milliseconds in 9 digits of base 36, then 30 random bits.
std::string NewJobId(int64_t now_ms) {
  constexpr std::string_view kDigits = "0123456789abcdefghijklmnopqrstuvwxyz";
  std::array<std::byte, 8> secret;
  RandomSecret(secret);
  uint64_t bits = 0;
  for (const std::byte b : secret) bits = bits << 8 | std::to_integer<uint64_t>(b);
  std::string id(15, '0');
  auto time = static_cast<uint64_t>(now_ms);
  for (size_t i = 9; i-- > 0; time /= 36) id[i] = kDigits[time % 36];
  for (size_t i = 15; i-- > 9; bits /= 36) id[i] = kDigits[bits % 36];
  return "j" + id;
}

Error NoJob(std::string_view id) {
  return NotFound(fmt::format("there is no job '{}'", id.substr(0, 80)), "sinter job list");
}

}  // namespace

Jobs::Jobs(Records& records, Launcher& launcher, JobsOptions options, const Clock& clock)
    : records_(records),
      launcher_(launcher),
      options_(std::move(options)),
      clock_(clock),
      queue_(options_.capacity, [this](const std::string& id) -> std::optional<JobState> {
        const auto record = records_.Get(kJobKind, id);
        const auto job = record ? ReadJob(*record) : Result<JobInfo>(record.error());
        return job ? std::optional(job->state) : std::nullopt;
      }) {}

Jobs::~Jobs() { Stop(); }

template <class... Parts>
void Jobs::Say(fmt::format_string<Parts...> format, Parts&&... parts) const {
  if (options_.say) options_.say(fmt::format(format, std::forward<Parts>(parts)...));
}

Path Jobs::FolderOf(const JobInfo& job, int64_t attempt) const {
  return options_.folder / job.id / std::to_string(attempt);
}
Path Jobs::WorkOf(const JobInfo& job) const { return options_.folder / job.id / "work"; }

Status Jobs::Open() {
  TRY_STATUS(MakeFolders(options_.folder));
  TRY_STATUS(LoadQuotas());
  const int64_t now = clock_.UnixMillis();
  constexpr int64_t kChargedMs = int64_t{3} * 24 * 3600 * 1000;
  return ForEachRecord(records_, kJobKind, [&](const Record& record) -> Status {
    TRY(JobInfo job, ReadJob(record));
    if (job.home != options_.home) return {};
    ids_.push_back(job.id);
    for (const JobAttempt& attempt : job.attempts)
      if (attempt.ended_ms > now - kChargedMs) queue_.Charge(job, attempt);
    queue_.Put(std::move(job));
    return {};
  });
}

Status Jobs::LoadQuotas() {
  return ForEachRecord(records_, kQuotaKind, [&](const Record& record) -> Status {
    TRY(quotas_[record.name], ParseJobQuota(record.spec, "quota of " + record.name));
    return {};
  });
}

Status Jobs::SetQuota(std::string_view owner, const JobQuota& quota, std::string_view who) {
  const std::string text = JobQuotaText(quota);
  const auto made = records_.Create(std::string(kQuotaKind), std::string(owner), text, "{}", who);
  if (!made && made.error().code != ErrorCode::kAlreadyExists) return made.error();
  if (!made)
    TRY_STATUS(records_.Update(kQuotaKind, owner, who, [&](Record& record) -> Status {
      record.spec = text;
      return {};
    }));
  {
    const std::lock_guard lock(mutex_);
    quotas_[std::string(owner)] = quota;
  }
  Nudge();
  return {};
}

std::map<std::string, JobQuota, std::less<>> Jobs::Quotas() const {
  const std::lock_guard lock(mutex_);
  return quotas_;
}

Status Jobs::Start() {
  wake_fd_ = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
  if (wake_fd_ < 0) return SystemError(errno, "making an event for", options_.folder);
  std::vector<std::string> began;
  for (const auto& [id, job] : queue_.jobs())
    if (job.state != JobState::kQueued) began.push_back(id);
  for (const std::string& id : began) Recover(id);
  loop_ = std::jthread([this](const std::stop_token& stop) { Loop(stop); });
  return {};
}

void Jobs::Stop() {
  if (!loop_.joinable()) return;
  loop_.request_stop();
  Nudge();
  loop_.join();
  for (const auto& [id, fd] : watches_) close(fd);
  watches_.clear();
  close(std::exchange(wake_fd_, -1));
}

void Jobs::Recover(const std::string& id) {
  const JobInfo job = *queue_.Find(id);
  const bool unknown = job.keeper.pid == 0;
  const int64_t attempt = job.attempt();
  const Path folder = FolderOf(job, attempt);
  const auto report = unknown ? launcher_.Adopt(folder) : launcher_.Look(job.keeper, folder);
  if (!report) {
    Say("job {}: attempt {}: {}", id, attempt, report.error().ToString());
    return Conclude(id, AttemptReport{AttemptReport::Kind::kLost, {}, {}});
  }
  switch (report->kind) {
    case AttemptReport::Kind::kRunning:
      Say("job {}: attempt {} went on without the server and is taken up again", id, attempt);
      if (unknown)
        Write(id, kServer, [&](JobInfo& j) {
          j.keeper = report->keeper;
          if (j.state == JobState::kStarting) j.state = JobState::kRunning;
        });
      return;
    case AttemptReport::Kind::kEnded:
      Say("job {}: attempt {} ended while there was no server", id, attempt);
      break;
    case AttemptReport::Kind::kLost:
      Say("job {}: attempt {} is lost: nothing of it runs", id, attempt);
      break;
  }
  Conclude(id, *report);
}

std::string Jobs::NewId() const { return NewJobId(clock_.UnixMillis()); }

Result<JobInfo> Jobs::Submit(const JobSpec& spec, std::string_view who, std::string id) {
  TRY_STATUS(CheckJobSpec(spec));
  if (spec.all_cpus() > options_.capacity.cpus || spec.all_memory() > options_.capacity.memory_bytes)
    return InvalidArgument(
        fmt::format("the job needs {} cores and {} MiB; the machine has {} and {}", spec.all_cpus(),
                    spec.all_memory() >> 20, options_.capacity.cpus, options_.capacity.memory_bytes >> 20),
        "fewer ranks, cpus or memory_bytes");
  for (const std::string& other : spec.after)
    if (!records_.Get(kJobKind, other)) return NoJob(other);
  if (id.empty()) id = NewId();
  JobInfo job;
  job.home = options_.home;
  job.spec = spec;
  // Those who submit at the same time share a commit, and its sync of the disk (0017).
  TRY(const Record record,
      records_.Create(std::string(kJobKind), std::move(id), JobSpecText(spec), JobStatusText(job), who));
  TRY(job, ReadJob(record));
  {
    const std::lock_guard lock(mutex_);
    ids_.push_back(job.id);
    news_.insert(job.id);
  }
  Nudge();
  return job;
}

Status Jobs::CheckOwn(const JobInfo& job) const {
  if (job.home == options_.home) return {};
  return Error{ErrorCode::kConflict, fmt::format("job {} is of another server on the same records", job.id),
               "ask the server that accepted it"};
}

JobInfo Jobs::WithReason(JobInfo job) {
  if (job.state != JobState::kQueued) return job;
  const std::lock_guard lock(mutex_);
  if (const auto found = reasons_.find(job.id); found != reasons_.end()) job.reason = found->second;
  return job;
}

Result<JobInfo> Jobs::Get(std::string_view id) {
  const auto record = records_.Get(kJobKind, id);
  if (!record) return record.error().code == ErrorCode::kNotFound ? NoJob(id) : record.error();
  TRY(JobInfo job, ReadJob(*record));
  return WithReason(std::move(job));
}

Result<std::vector<JobInfo>> Jobs::List(size_t limit) {
  std::vector<std::string> ids;
  {
    const std::lock_guard lock(mutex_);
    const size_t count = std::min(limit, ids_.size());
    ids.assign(ids_.end() - static_cast<std::ptrdiff_t>(count), ids_.end());
  }
  std::vector<JobInfo> jobs;
  jobs.reserve(ids.size());
  for (size_t i = ids.size(); i-- > 0;) {
    TRY(JobInfo job, Get(ids[i]));
    jobs.push_back(std::move(job));
  }
  return jobs;
}

Result<JobInfo> Jobs::Cancel(std::string_view id, std::string_view who) {
  const auto record = records_.Update(kJobKind, id, who, [this](Record& r) -> Status {
    TRY(JobInfo job, ReadJob(r));
    TRY_STATUS(CheckOwn(job));
    if (IsOver(job.state))
      return Error{ErrorCode::kConflict,
                   fmt::format("job {} is over: it {}", job.id, JobStateName(job.state)), ""};
    job.stop = StopCause::kCancel;
    r.status = JobStatusText(job);
    return {};
  });
  if (!record) return record.error().code == ErrorCode::kNotFound ? NoJob(id) : record.error();
  {
    const std::lock_guard lock(mutex_);
    news_.insert(std::string(id));
  }
  Nudge();
  return ReadJob(*record);
}

Result<JobInfo> Jobs::WaitFor(std::string_view id, std::chrono::milliseconds patience) {
  const auto deadline = std::chrono::steady_clock::now() + patience;
  std::unique_lock lock(mutex_);
  for (;;) {
    lock.unlock();
    TRY(JobInfo job, Get(id));
    if (IsOver(job.state) || std::chrono::steady_clock::now() >= deadline) return job;
    lock.lock();
    // Also by the clock: a change between reading and waiting would be missed.
    changed_.wait_until(
        lock, std::min(deadline, std::chrono::steady_clock::now() + std::chrono::milliseconds(200)));
  }
}

void Jobs::Nudge() {
  const uint64_t one = 1;
  if (wake_fd_ >= 0 && write(wake_fd_, &one, sizeof(one)) < 0) return;  // full: it is awake
}

void Jobs::Loop(const std::stop_token& stop) {
  while (!stop.stop_requested()) {
    TakeNews();
    LookAfterAll();
    const int64_t wake = Act();
    if (stop.stop_requested()) return;
    Wait(wake);
    if (queue_.jobs().size() > kMany) std::this_thread::sleep_for(kBreath);
  }
}

// What was submitted or cancelled meanwhile.
void Jobs::TakeNews() {
  std::set<std::string> news;
  {
    const std::lock_guard lock(mutex_);
    news.swap(news_);
  }
  for (const std::string& id : news) {
    const auto record = records_.Get(kJobKind, id);
    auto job = record ? ReadJob(*record) : Result<JobInfo>(record.error());
    if (job)
      queue_.Put(*std::move(job));
    else
      Say("job {}: {}", id, job.error().ToString());
  }
}

void Jobs::LookAfterAll() {
  std::vector<std::string> ids;
  for (const auto& [id, job] : queue_.jobs())
    if (job.keeper.pid != 0) ids.push_back(id);
  for (const std::string& id : ids) LookAfter(id);
}

void Jobs::Unwatch(const std::string& id) {
  const auto found = watches_.find(id);
  if (found == watches_.end()) return;
  close(found->second);
  watches_.erase(found);
}

void Jobs::LookAfter(const std::string& id) {
  const JobInfo job = *queue_.Find(id);
  if (const auto watch = watches_.find(id); watch != watches_.end()) {
    pollfd ended{watch->second, POLLIN, 0};
    if (poll(&ended, 1, 0) == 0) return;  // it runs
    Unwatch(id);
  } else if (const int fd = launcher_.Watch(job.keeper); fd >= 0) {
    watches_[id] = fd;
    return;
  }
  const auto report = launcher_.Look(job.keeper, FolderOf(job, job.attempt()));
  if (report && report->kind == AttemptReport::Kind::kRunning) return;
  if (!report) Say("job {}: {}", id, report.error().ToString());
  Conclude(id, report ? *report : AttemptReport{AttemptReport::Kind::kLost, {}, {}});
}

void Jobs::Conclude(const std::string& id, const AttemptReport& report) {
  const int64_t now = clock_.UnixMillis();
  Unwatch(id);
  Write(id, kServer, [&](JobInfo& job) { job = AfterAttempt(std::move(job), report, now); });
}

int64_t Jobs::Act() {
  const int64_t now = clock_.UnixMillis();
  ScheduleSnapshot snapshot = queue_.Snapshot(now);
  snapshot.quotas = Quotas();
  const JobSchedule schedule = DecideSchedule(snapshot);
  std::map<std::string, std::string> reasons;
  bool again = false;
  for (const JobAction& action : schedule.actions) {
    again = again || action.kind != JobActionKind::kWait;
    switch (action.kind) {
      case JobActionKind::kStart:
        StartAttempt(action.id);
        break;
      case JobActionKind::kStop:
        AskToEnd(action.id, action.cause, action.reason);
        break;
      case JobActionKind::kKill:
        launcher_.Kill(queue_.Find(action.id)->keeper);
        break;
      case JobActionKind::kCancel:
        Finish(action.id, JobState::kCancelled, action.reason);
        break;
      case JobActionKind::kFail:
        Finish(action.id, JobState::kFailed, action.reason);
        break;
      case JobActionKind::kWait:
        reasons.emplace(action.id, action.reason);
        break;
    }
  }
  const std::lock_guard lock(mutex_);
  reasons_ = std::move(reasons);
  // What was done may make room, or free others; a kill is given a moment.
  return again ? now + 100 : schedule.wake_ms;
}

void Jobs::StartAttempt(const std::string& id) {
  const int64_t now = clock_.UnixMillis();
  // Written down first: an attempt that is not in the records must not run.
  if (!Write(id, kServer, [&](JobInfo& job) {
        job.state = JobState::kStarting;
        job.reason.clear();
        job.attempts.push_back({.number = job.attempt() + 1, .started_ms = now});
      }))
    return;
  const JobInfo job = *queue_.Find(id);
  const Path folder = FolderOf(job, job.attempt());
  JobLaunch launch = MakeJobLaunch(job, WorkOf(job));
  Status ready = options_.prepare ? options_.prepare(job, launch) : Status();
  auto keeper = ready ? launcher_.Start(launch, folder) : Result<ProcessIdentity>(ready.error());
  if (keeper) {
    const auto runs = [&](JobInfo& j) {
      j.state = JobState::kRunning;
      j.keeper = *keeper;
    };
    if (Write(id, kServer, runs)) return;
    // It runs all the same: it is looked after, and its end will be written.
    JobInfo known = job;
    runs(known);
    queue_.Put(std::move(known));
    return;
  }
  Say("job {}: attempt {} cannot start: {}", id, job.attempt(), keeper.error().ToString());
  AttemptReport report{AttemptReport::Kind::kEnded, {}, {}};
  report.exit.ended_ms = clock_.UnixMillis();
  report.exit.problem = keeper.error().ToString();
  Conclude(id, report);
}

void Jobs::AskToEnd(const std::string& id, StopCause cause, const std::string& reason) {
  const int64_t now = clock_.UnixMillis();
  if (!Write(id, kServer, [&](JobInfo& job) {
        if (job.stop != StopCause::kCancel) job.stop = cause;
        job.state = JobState::kStopping;
        job.stop_asked_ms = now;
        job.reason = reason;
      }))
    return;
  launcher_.Ask(queue_.Find(id)->keeper);
}

void Jobs::Finish(const std::string& id, JobState state, const std::string& reason) {
  Write(id, kServer, [&](JobInfo& job) {
    job.state = state;
    job.reason = reason;
    job.stop = StopCause::kNone;
  });
}

// False: it could not be written, now; what was wanted is decided again with what is there.
bool Jobs::Write(const std::string& id, std::string_view who, const std::function<void(JobInfo&)>& change) {
  std::optional<JobAttempt> ended;
  const auto record = records_.Update(kJobKind, id, who, [&](Record& r) -> Status {
    TRY(JobInfo job, ReadJob(r));
    const int64_t before = job.attempts.empty() ? 1 : job.attempts.back().ended_ms;
    change(job);
    ended.reset();
    if (before == 0 && job.attempts.back().ended_ms != 0) ended = job.attempts.back();
    r.status = JobStatusText(job);
    return {};
  });
  auto job = record ? ReadJob(*record) : Result<JobInfo>(record.error());
  if (!job) {
    Say("job {}: {}", id, job.error().ToString());
    return false;
  }
  if (ended) {
    queue_.Charge(*job, *ended);
    if (options_.conclude) options_.conclude(*job, *ended);
  }
  queue_.Put(*std::move(job));
  changed_.notify_all();
  return true;
}

void Jobs::Wait(int64_t until_ms) {
  std::vector<pollfd> waits{{wake_fd_, POLLIN, 0}};
  waits.reserve(1 + watches_.size());
  for (const auto& [id, fd] : watches_) waits.push_back({fd, POLLIN, 0});
  int64_t wait = kLongestWaitMs;
  if (until_ms != 0) wait = std::clamp<int64_t>(until_ms - clock_.UnixMillis(), 1, kLongestWaitMs);
  poll(waits.data(), waits.size(), static_cast<int>(wait));
  uint64_t count = 0;
  if (read(wake_fd_, &count, sizeof(count)) < 0) return;  // nothing happened
}

}  // namespace sinter
