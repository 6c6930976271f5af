#include "server/api/job_api.h"

#include <algorithm>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "server/api/routes.h"
#include "server/api/run_api.h"
#include "server/api/train_job.h"
#include "training/trainer/recipe.h"

namespace sinter {
namespace {

// Time to start a server again, by whoever watches over it.
constexpr int64_t kPatienceSeconds = 300;

Json Parsed(const std::string& text) { return Json::parse(text, nullptr, false); }

std::string OwnProgram() {
  std::error_code error;
  return std::filesystem::read_symlink("/proc/self/exe", error).string();
}

// {"recipe": text, "ranks": n, "dataset": REF} in place of a command: the run, and the job that feeds it.
// `dataset`: what it trains on, whatever the recipe names.
Result<JobSpec> TrainingSpec(Platform& platform, Json body, const Principal& who) {
  const Json recipe_field = body["recipe"];
  if (!recipe_field.is_string()) return InvalidArgument("recipe must be a text");
  if (body.contains("command")) return InvalidArgument("a job has a command or a recipe, not both");
  const Json ranks = body.value("ranks", Json(1));
  if (!ranks.is_number_integer() || ranks < 1) return InvalidArgument("ranks must be a number from 1");
  const Json dataset = body.value("dataset", Json(""));
  if (!dataset.is_string()) return InvalidArgument("dataset must be a text");
  body.erase("recipe");
  body.erase("dataset");
  body.erase("ranks");
  const JobSpec plain = TrainingJobSpec();
  body["command"] = plain.command;
  const JobCapacity& capacity = platform.jobs().capacity();
  // Ranks are processes of the one command, which starts and watches them itself; a lone one has all cores.
  if (!body.contains("cpus"))
    body["cpus"] = ranks == 1 ? capacity.cpus : std::min(ranks.get<int64_t>(), capacity.cpus);
  if (!body.contains("memory_bytes")) body["memory_bytes"] = capacity.memory_bytes / 2;
  if (!body.contains("preemptible")) body["preemptible"] = plain.preemptible;
  body["network"] = plain.network;
  TRY(JobSpec spec, ParseJobSpec(body.dump(), "job"));
  if (spec.owner.empty()) spec.owner = who.name;
  TRY_STATUS(CheckJobSpec(spec));
  const std::string text = recipe_field.get<std::string>();
  TRY(const Recipe recipe, ParseRecipe(text));
  TRY(const Json run, CreateRun(platform,
                                {{"name", recipe.name},
                                 {"recipe", text},
                                 {"dataset", dataset == "" ? Json(recipe.dataset) : dataset},
                                 {"ranks", ranks},
                                 {"code", CodeVersionJson(spec.code)}},
                                who.name));
  spec.run = run.value("id", "");
  if (spec.title.empty()) spec.title = "train " + recipe.name;
  return spec;
}

}  // namespace

JobSpec TrainingJobSpec() {
  JobSpec spec;
  spec.command = {OwnProgram(), "train-job"};
  spec.preemptible = true;  // it saves, and goes on later
  spec.network = true;      // to the server
  return spec;
}

Json JobJson(const JobInfo& job) {
  Json json = Parsed(JobStatusText(job));
  json["reason"] = job.reason;
  json.erase("keeper");
  json.erase("home");
  json["spec"] = Parsed(JobSpecText(job.spec));
  // May hold secrets of whoever submitted it.
  json["spec"].erase("environment");
  json["id"] = job.id;
  json["attempt"] = job.attempt();
  json["submitted_ms"] = job.submitted_ms;
  json["submitted_by"] = job.submitted_by;
  return json;
}

Result<Json> SubmitJob(Platform& platform, const Json& body, const Principal& who) {
  if (!body.is_object()) return InvalidArgument("a job is a JSON object");
  JobSpec spec;
  for (const char* field : {"run", "sweep", "until_epoch"})
    if (body.contains(field))
      return InvalidArgument(fmt::format("{} is given by the server", field), "submit a recipe, or a sweep");
  if (body.contains("recipe")) {
    TRY(spec, TrainingSpec(platform, body, who));
  } else {
    TRY(spec, ParseJobSpec(body.dump(), "job"));
  }
  if (spec.owner.empty()) spec.owner = who.name;
  if (spec.owner != who.name && who.access != Access::kAdmin)
    return Error{ErrorCode::kPermissionDenied,
                 fmt::format("{} cannot submit jobs of {}", who.name, spec.owner),
                 "leave owner out, or use a token of scope admin"};
  TRY(const JobInfo job, platform.jobs().Submit(spec, who.name));
  return JobJson(job);
}

Result<Json> ListJobs(Platform& platform, size_t limit) {
  TRY(const auto jobs, platform.jobs().List(limit));
  Json items = Json::array();
  for (const JobInfo& job : jobs) items.push_back(JobJson(job));
  return Json{{"items", std::move(items)}};
}

Result<Json> ShowJob(Platform& platform, std::string_view id) {
  TRY(const JobInfo job, platform.jobs().Get(id));
  return JobJson(job);
}

Result<Json> CancelJob(Platform& platform, std::string_view id, std::string_view who) {
  TRY(const JobInfo job, platform.jobs().Cancel(id, who));
  return JobJson(job);
}

Result<Json> ShowJobLog(Platform& platform, std::string_view id, int64_t attempt, uint64_t from) {
  TRY(const JobLog log, platform.jobs().Log(id, attempt, from));
  // What a command prints need not be UTF-8, and a piece may end inside a character.
  const std::string text =
      Json::parse(Json(log.text).dump(-1, ' ', false, Json::error_handler_t::replace)).get<std::string>();
  return Json{{"text", text}, {"next", log.next}, {"ended", log.ended}};
}

Result<Json> ShowJobUsage(Platform& platform, std::string_view id, int64_t attempt, int64_t points) {
  TRY(const auto samples, platform.jobs().Usage(id, attempt, static_cast<size_t>(points)));
  Json at = Json::array(), cores = at, memory = at, processes = at;
  for (const AttemptUsage& sample : samples) {
    at.push_back(sample.at_ms);
    cores.push_back(sample.cores);
    memory.push_back(sample.memory_bytes);
    processes.push_back(sample.processes);
  }
  return Json{{"at_ms", std::move(at)},
              {"cores", std::move(cores)},
              {"memory_bytes", std::move(memory)},
              {"processes", std::move(processes)}};
}

Result<Json> ShowJobQueue(Platform& platform) {
  Jobs& jobs = platform.jobs();
  Json quotas = Json::object();
  for (const auto& [owner, quota] : jobs.Quotas()) quotas[owner] = Parsed(JobQuotaText(quota));
  return Json{{"cpus", jobs.capacity().cpus},
              {"memory_bytes", jobs.capacity().memory_bytes},
              {"isolation", jobs.Isolation()},
              {"quotas", std::move(quotas)}};
}

Result<Json> SetJobQuota(Platform& platform, std::string_view owner, const Json& body, std::string_view who) {
  TRY_STATUS(CheckRecordName(owner));
  TRY(const JobQuota quota, ParseJobQuota(body.dump(), "quota"));
  TRY_STATUS(platform.jobs().SetQuota(owner, quota, who));
  return Parsed(JobQuotaText(quota));
}

Status PrepareTrainingJob(Platform& platform, const std::string& origin, const JobInfo& job,
                          JobLaunch& launch) {
  if (job.spec.network) launch.environment.emplace_back("SINTER_SERVER", origin);
  if (job.spec.run.empty()) return {};
  TRY(const StartedAttempt started, platform.runs().StartAttempt(job.spec.run, "job " + job.id));
  TrainJob train;
  train.server = origin;
  train.run = started.run.id;
  train.token = started.token;
  train.recipe = started.run.recipe;
  train.dataset = started.run.dataset;
  train.dataset_version = started.run.dataset_version.Hex();
  if (started.resume_from) train.resume_from = started.resume_from->manifest.Hex();
  train.ranks = static_cast<int>(started.run.ranks);
  train.until_epoch = job.spec.until_epoch;
  train.patience_s = kPatienceSeconds;
  launch.environment.emplace_back(kTrainJobVariable, TrainJobJson(train).dump());
  // Room for the data set beside the program's own memory.
  launch.environment.emplace_back("TMPDIR", "/job");
  launch.readable.emplace_back(OwnProgram());
  return {};
}

void ConcludeTrainingJob(Platform& platform, const JobInfo& job, const JobAttempt& attempt) {
  if (job.spec.run.empty()) return;
  if (job.state == JobState::kCancelled) {
    (void)platform.runs().Cancel(job.spec.run, "job " + job.id);
    return;
  }
  // The run's own process has told how it ended, unless it was killed.
  const auto run = platform.runs().Get(job.spec.run);
  if (run && run->state == RunState::kRunning)
    (void)platform.runs().Finish(run->id, run->attempt(), RunState::kFailed,
                                 fmt::format("job {}: {}", job.id, attempt.message), "");
}

std::vector<Route> JobRoutes(Platform& platform) {
  std::vector<Route> routes;
  const std::string jobs = "/sinter/v1/jobs", job = jobs + "/{id}";
  auto add = [&](std::string method, std::string pattern, Access access, std::string summary, auto answer) {
    routes.push_back(JsonRoute(std::move(method), std::move(pattern), access, std::move(summary), answer));
  };
  add("POST", jobs, Access::kWrite, "Submits a job: a command, or a recipe to train.",
      [&platform](HttpRequest& r) -> Result<Json> {
        TRY(const Json body, r.JsonBody());
        return SubmitJob(platform, body, r.principal);
      });
  add("GET", jobs, Access::kRead, "The jobs, newest first.", [&platform](HttpRequest& r) -> Result<Json> {
    TRY(const int64_t limit, r.QueryInt("limit", 100, 1, 1000));
    return ListJobs(platform, static_cast<size_t>(limit));
  });
  add("GET", jobs + "/queue", Access::kRead, "What the machine gives to jobs, and to whom.",
      [&platform](HttpRequest&) { return ShowJobQueue(platform); });
  add("PUT", jobs + "/quotas/{owner}", Access::kAdmin, "What an owner may have at a time.",
      [&platform](HttpRequest& r) -> Result<Json> {
        TRY(const Json body, r.JsonBody());
        return SetJobQuota(platform, r.Parameter("owner"), body, r.principal.name);
      });
  add("GET", job, Access::kRead, "A job.",
      [&platform](HttpRequest& r) { return ShowJob(platform, r.Parameter("id")); });
  add("POST", job + "/cancel", Access::kWrite, "Ends a job, or takes it out of the queue.",
      [&platform](HttpRequest& r) { return CancelJob(platform, r.Parameter("id"), r.principal.name); });
  add("GET", job + "/log", Access::kRead, "What a job prints, from a byte on.",
      [&platform](HttpRequest& r) -> Result<Json> {
        TRY(const int64_t attempt, r.QueryInt("attempt", 0, 0, INT64_MAX));
        TRY(const int64_t from, r.QueryInt("from", 0, 0, INT64_MAX));
        return ShowJobLog(platform, r.Parameter("id"), attempt, static_cast<uint64_t>(from));
      });
  add("GET", job + "/usage", Access::kRead, "Cores and memory that a job took, every few seconds.",
      [&platform](HttpRequest& r) -> Result<Json> {
        TRY(const int64_t attempt, r.QueryInt("attempt", 0, 0, INT64_MAX));
        TRY(const int64_t points, r.QueryInt("points", 1000, 1, 100'000));
        return ShowJobUsage(platform, r.Parameter("id"), attempt, points);
      });
  return routes;
}

}  // namespace sinter
