#include "platform/jobs/job.h"

#include <algorithm>
#include <array>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "base/json.h"

namespace sinter {
namespace {

template <class E, size_t N>
using Names = std::array<std::pair<E, std::string_view>, N>;

constexpr Names<JobState, 7> kStates{{{JobState::kQueued, "queued"},
                                      {JobState::kStarting, "starting"},
                                      {JobState::kRunning, "running"},
                                      {JobState::kStopping, "stopping"},
                                      {JobState::kSucceeded, "succeeded"},
                                      {JobState::kFailed, "failed"},
                                      {JobState::kCancelled, "cancelled"}}};
constexpr Names<StopCause, 5> kCauses{{{StopCause::kNone, "none"},
                                       {StopCause::kCancel, "cancel"},
                                       {StopCause::kPreempt, "preempt"},
                                       {StopCause::kTimeLimit, "time_limit"},
                                       {StopCause::kShutdown, "shutdown"}}};
constexpr Names<JobLauncher, 2> kLaunchers{
    {{JobLauncher::kLocal, "local"}, {JobLauncher::kMpirun, "mpirun"}}};

template <class E, size_t N>
std::string_view NameOf(const Names<E, N>& names, E value) {
  for (const auto& [v, name] : names)
    if (v == value) return name;
  return "";
}

template <class E, size_t N>
std::optional<E> Parse(const Names<E, N>& names, std::string_view text) {
  for (const auto& [value, name] : names)
    if (name == text) return value;
  return std::nullopt;
}

// Keeps `otherwise` and remembers the fault where the text is none of the names.
template <class E, size_t N>
E Read(JsonReader& reader, std::string_view field, const Names<E, N>& names, E otherwise) {
  const std::string text = reader.String(field, NameOf(names, otherwise));
  const auto value = Parse(names, text);
  if (value) return *value;
  std::string known;
  for (const auto& [v, name] : names) known += fmt::format("{}{}", known.empty() ? "" : ", ", name);
  reader.Fail(field, fmt::format("is '{}'; it may be {}", text.substr(0, 40), known));
  return otherwise;
}

constexpr size_t kMostText = size_t{256} << 10;  // of the command and the environment together
constexpr size_t kMostAfter = 100;
constexpr int64_t kYear = int64_t{366} * 86'400;

Status Within(std::string_view field, int64_t value, int64_t least, int64_t most) {
  if (value >= least && value <= most) return {};
  return InvalidArgument(fmt::format("{} is {}; it must be in {}..{}", field, value, least, most));
}

bool HasNul(std::string_view text) { return text.find('\0') != std::string_view::npos; }

Status CheckTexts(const JobSpec& spec) {
  if (spec.command.empty() || spec.command[0].empty())
    return InvalidArgument("command is empty", "give the program and its arguments as a list");
  size_t bytes = 0;
  for (const std::string& part : spec.command) {
    if (HasNul(part)) return InvalidArgument("command holds a NUL character");
    bytes += part.size() + 1;
  }
  for (const auto& [name, value] : spec.environment) {
    if (name.empty() || name.find('=') != std::string::npos || HasNul(name) || HasNul(value))
      return InvalidArgument(fmt::format("environment: '{}' is no variable", name.substr(0, 40)));
    bytes += name.size() + value.size() + 2;
  }
  if (bytes > kMostText)
    return InvalidArgument(
        fmt::format("command and environment have {} bytes; at most {} may be", bytes, kMostText));
  if (spec.title.size() > 200) return InvalidArgument("title has more than 200 bytes");
  if (spec.after.size() > kMostAfter)
    return InvalidArgument(
        fmt::format("after names {} jobs; at most {} may be", spec.after.size(), kMostAfter));
  for (const std::string& id : spec.after) TRY_STATUS(CheckRecordName(id));
  return CheckRecordName(spec.owner);
}

Json AttemptJson(const JobAttempt& a) {
  return {{"number", a.number},       {"started_ms", a.started_ms},   {"ended_ms", a.ended_ms},
          {"exit_code", a.exit_code}, {"exit_signal", a.exit_signal}, {"stopped", StopCauseName(a.stopped)},
          {"lost", a.lost},           {"message", a.message},         {"cpu_seconds", a.cpu_seconds}};
}

Result<JobAttempt> ReadAttempt(const Json& json, const std::string& where) {
  JsonReader reader(json, where);
  JobAttempt a;
  a.number = reader.Int("number");
  a.started_ms = reader.Int("started_ms");
  a.ended_ms = reader.Int("ended_ms");
  a.exit_code = reader.Int("exit_code");
  a.exit_signal = reader.Int("exit_signal");
  a.stopped = Read(reader, "stopped", kCauses, StopCause::kNone);
  a.lost = reader.Bool("lost", false);
  a.message = reader.String("message");
  a.cpu_seconds = reader.Number("cpu_seconds", -1);
  TRY_STATUS(reader.Finish());
  return a;
}

}  // namespace

std::string_view JobStateName(JobState state) { return NameOf(kStates, state); }
std::optional<JobState> ParseJobState(std::string_view name) { return Parse(kStates, name); }
std::string_view StopCauseName(StopCause cause) { return NameOf(kCauses, cause); }
std::string_view JobLauncherName(JobLauncher launcher) { return NameOf(kLaunchers, launcher); }

bool IsOver(JobState state) {
  return state == JobState::kSucceeded || state == JobState::kFailed || state == JobState::kCancelled;
}

Status CheckJobSpec(const JobSpec& spec) {
  TRY_STATUS(CheckTexts(spec));
  TRY_STATUS(Within("ranks", spec.ranks, 1, 4096));
  TRY_STATUS(Within("cpus", spec.cpus, 1, 4096));
  TRY_STATUS(Within("memory_bytes", spec.memory_bytes, int64_t{16} << 20, int64_t{1} << 42));
  TRY_STATUS(Within("priority", spec.priority, -100, 100));
  TRY_STATUS(Within("time_limit_s", spec.time_limit_s, 0, kYear));
  TRY_STATUS(Within("grace_s", spec.grace_s, 0, 3600));
  TRY_STATUS(Within("retries", spec.retries, 0, 1000));
  TRY_STATUS(Within("until_epoch", spec.until_epoch, 0, 1'000'000));
  if (spec.launcher == JobLauncher::kLocal && spec.ranks != 1)
    return InvalidArgument("the launcher 'local' starts one rank", "launcher: mpirun");
  return {};
}

std::string JobSpecText(const JobSpec& spec) {
  Json environment = Json::object();
  for (const auto& [name, value] : spec.environment) environment[name] = value;
  return Json{{"title", spec.title},
              {"owner", spec.owner},
              {"command", spec.command},
              {"environment", std::move(environment)},
              {"launcher", JobLauncherName(spec.launcher)},
              {"ranks", spec.ranks},
              {"cpus", spec.cpus},
              {"memory_bytes", spec.memory_bytes},
              {"priority", spec.priority},
              {"time_limit_s", spec.time_limit_s},
              {"grace_s", spec.grace_s},
              {"retries", spec.retries},
              {"preemptible", spec.preemptible},
              {"network", spec.network},
              {"after", spec.after},
              {"run", spec.run},
              {"code", CodeVersionJson(spec.code)},
              {"sweep", spec.sweep},
              {"until_epoch", spec.until_epoch}}
      .dump();
}

Result<JobSpec> ParseJobSpec(std::string_view text, std::string where) {
  TRY(const Json json, ParseJson(text));
  JsonReader reader(json, std::move(where));
  JobSpec spec;
  spec.title = reader.String("title", "");
  spec.owner = reader.String("owner", "");
  spec.command = reader.Strings("command");
  const Json& environment = reader.OptionalObject("environment");
  for (const auto& [name, value] : environment.items()) {
    if (!value.is_string()) {
      reader.Fail("environment", "must hold texts");
      break;
    }
    spec.environment.emplace_back(name, value.get<std::string>());
  }
  spec.launcher = Read(reader, "launcher", kLaunchers, spec.launcher);
  spec.ranks = reader.Int("ranks", spec.ranks);
  spec.cpus = reader.Int("cpus", spec.cpus);
  spec.memory_bytes = reader.Int("memory_bytes", spec.memory_bytes);
  spec.priority = reader.Int("priority", spec.priority);
  spec.time_limit_s = reader.Int("time_limit_s", spec.time_limit_s);
  spec.grace_s = reader.Int("grace_s", spec.grace_s);
  spec.retries = reader.Int("retries", spec.retries);
  spec.preemptible = reader.Bool("preemptible", spec.preemptible);
  spec.network = reader.Bool("network", spec.network);
  spec.after = reader.Strings("after");
  spec.run = reader.String("run", "");
  TRY(spec.code, ReadCodeVersion(reader.OptionalObject("code"), reader.where() + ": code"));
  spec.sweep = reader.String("sweep", "");
  spec.until_epoch = reader.Int("until_epoch", 0);
  TRY_STATUS(reader.Finish());
  return spec;
}

std::string JobStatusText(const JobInfo& job) {
  Json attempts = Json::array();
  const size_t skip = job.attempts.size() > kKeptAttempts ? job.attempts.size() - kKeptAttempts : 0;
  for (size_t i = skip; i < job.attempts.size(); ++i) attempts.push_back(AttemptJson(job.attempts[i]));
  return Json{{"home", job.home},
              {"state", JobStateName(job.state)},
              {"reason", job.reason},
              {"not_before_ms", job.not_before_ms},
              {"failures", job.failures},
              {"stop", StopCauseName(job.stop)},
              {"stop_asked_ms", job.stop_asked_ms},
              {"keeper",
               {{"pid", job.keeper.pid}, {"start_ticks", job.keeper.start_ticks}, {"boot", job.keeper.boot}}},
              {"attempts", std::move(attempts)}}
      .dump();
}

Result<JobInfo> ReadJob(const Record& record) {
  JobInfo job;
  job.id = record.name;
  job.submitted_ms = record.created_ms;
  job.submitted_by = record.created_by;
  job.revision = record.revision;
  TRY(job.spec, ParseJobSpec(record.spec, fmt::format("spec of job {}", record.name)));
  TRY(const Json status, ParseJson(record.status));
  JsonReader is(status, fmt::format("status of job {}", record.name));
  job.home = is.String("home", "");
  job.state = Read(is, "state", kStates, JobState::kQueued);
  job.reason = is.String("reason", "");
  job.not_before_ms = is.Int("not_before_ms", 0);
  job.failures = is.Int("failures", 0);
  job.stop = Read(is, "stop", kCauses, StopCause::kNone);
  job.stop_asked_ms = is.Int("stop_asked_ms", 0);
  JsonReader keeper(is.OptionalObject("keeper"), is.where() + ": keeper");
  job.keeper.pid = keeper.Int("pid", 0);
  job.keeper.start_ticks = keeper.Int("start_ticks", 0);
  job.keeper.boot = keeper.String("boot", "");
  TRY_STATUS(keeper.Finish());
  for (const Json& item : is.OptionalArray("attempts")) {
    TRY(JobAttempt attempt, ReadAttempt(item, is.where() + ": attempts"));
    job.attempts.push_back(std::move(attempt));
  }
  TRY_STATUS(is.Finish());
  return job;
}

std::string JobQuotaText(const JobQuota& quota) {
  const JobQuota none;
  Json json = {{"weight", quota.weight}};
  if (quota.cpus != none.cpus) json["cpus"] = quota.cpus;
  if (quota.memory_bytes != none.memory_bytes) json["memory_bytes"] = quota.memory_bytes;
  if (quota.jobs != none.jobs) json["jobs"] = quota.jobs;
  return json.dump();
}

Result<JobQuota> ParseJobQuota(std::string_view text, std::string where) {
  TRY(const Json json, ParseJson(text));
  JsonReader reader(json, std::move(where));
  JobQuota quota;
  for (const auto& [field, value] :
       {std::pair("cpus", &quota.cpus), {"memory_bytes", &quota.memory_bytes}, {"jobs", &quota.jobs}}) {
    *value = reader.Int(field, *value);
    if (*value < 0) reader.Fail(field, "must not be negative");
  }
  quota.weight = reader.Number("weight", 1);
  if (!(quota.weight > 0 && quota.weight <= 1e6))
    reader.Fail("weight", "must be above 0, and at most a million");
  TRY_STATUS(reader.Finish());
  return quota;
}

int64_t JobBackOffMs(int64_t failures) {
  const int64_t doublings = std::clamp<int64_t>(failures - 1, 0, 20);
  return std::min<int64_t>(int64_t{1000} << doublings, int64_t{5} * 60 * 1000);
}

}  // namespace sinter
