#include "server/api/sweep_api.h"

#include <algorithm>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "server/api/job_api.h"
#include "server/api/routes.h"
#include "training/trainer/recipe.h"

namespace sinter {
namespace {

Json TrialJson(const SweepInfo& sweep, size_t i) {
  const TrialState& state = sweep.states[i];
  Json parameters = Json::object();
  for (const auto& [path, value] : sweep.trials[i].values) parameters[path] = value;
  return {{"trial", i + 1},
          {"phase", TrialPhaseName(state.phase)},
          {"rung", state.rung + 1},
          {"epochs", sweep.rungs[static_cast<size_t>(state.rung)]},
          {"run", state.job.empty() && state.values.empty() ? "" : sweep.RunOf(i)},
          {"job", state.job},
          {"values", state.values},
          {"value", state.values.empty() ? Json(nullptr) : Json(state.values.back())},
          {"parameters", std::move(parameters)},
          {"why", state.why}};
}

// So much of the machine that all that run at a time have room.
JobSpec TrialSpec(const JobCapacity& capacity, const SweepInfo& sweep, size_t i) {
  const SweepSpec& spec = sweep.spec;
  const int64_t at_a_time = std::min(spec.parallel, static_cast<int64_t>(sweep.trials.size()));
  JobSpec job = TrainingJobSpec();
  job.title = fmt::format("sweep {}, trial {}", sweep.name, i + 1);
  if (sweep.rungs.size() > 1)
    job.title += fmt::format(", {} epochs", sweep.rungs[static_cast<size_t>(sweep.states[i].rung)]);
  job.owner = sweep.owner;
  job.cpus = spec.job.cpus != 0 ? spec.job.cpus : std::max<int64_t>(1, capacity.cpus / at_a_time);
  job.memory_bytes =
      spec.job.memory_bytes != 0 ? spec.job.memory_bytes : capacity.memory_bytes / 2 / at_a_time;
  job.priority = spec.job.priority;
  job.retries = spec.job.retries;
  job.run = sweep.RunOf(i);
  job.code = sweep.code;
  job.sweep = sweep.name;
  const int64_t until = sweep.rungs[static_cast<size_t>(sweep.states[i].rung)];
  job.until_epoch = until == sweep.rungs.back() ? 0 : until;
  return job;
}

}  // namespace

Json SweepJson(const SweepInfo& sweep) {
  Json trials = Json::array();
  for (const size_t i : RankTrials(sweep)) trials.push_back(TrialJson(sweep, i));
  return {{"name", sweep.name},
          {"state", sweep.State()},
          {"wish", SweepWishName(sweep.wish)},
          {"message", sweep.message},
          {"metric", sweep.spec.metric},
          {"goal", sweep.spec.maximise ? "max" : "min"},
          {"rungs", sweep.rungs},
          {"dataset", sweep.dataset},
          {"owner", sweep.owner},
          {"sweep", sweep.text},
          {"recipe", sweep.recipe},
          {"code", CodeVersionJson(sweep.code)},
          {"created_ms", sweep.created_ms},
          {"updated_ms", sweep.updated_ms},
          {"trials", std::move(trials)}};
}

Result<Json> SubmitSweep(Platform& platform, const Json& body, const Principal& who) {
  JsonReader reader(body, "sweep");
  SweepInfo sweep;
  sweep.text = reader.String("sweep");
  sweep.recipe = reader.String("recipe");
  TRY(sweep.code, ReadCodeVersion(reader.OptionalObject("code"), "sweep: code"));
  TRY_STATUS(reader.Finish());
  if (sweep.code.sinter.empty()) sweep.code.sinter = kVersion;
  sweep.owner = who.name;
  TRY_STATUS(ExpandSweepInfo(sweep));
  std::string dataset;
  for (size_t i = 0; i < sweep.trials.size(); ++i) {
    const auto recipe = ParseRecipe(sweep.trials[i].recipe);
    if (!recipe) return Error(recipe.error()).In(fmt::format("the recipe of trial {}", i + 1));
    if (i == 0) dataset = recipe->dataset;
    if (recipe->dataset != dataset)
      return InvalidArgument("the trials train on different data sets", "their figures would not compare");
  }
  TRY(const RepositoryVersion version, platform.repositories(RepositoryKind::kDataset).Find(dataset));
  sweep.dataset = version.Ref();
  sweep.name = sweep.spec.name;
  sweep.states.assign(sweep.trials.size(), {});
  const JobCapacity& capacity = platform.jobs().capacity();
  const JobSpec job = TrialSpec(capacity, sweep, 0);
  TRY_STATUS(CheckJobSpec(job));
  if (job.all_cpus() > capacity.cpus || job.all_memory() > capacity.memory_bytes)
    return InvalidArgument(fmt::format("a trial needs {} cores and {} MiB; the machine has {} and {}",
                                       job.all_cpus(), job.all_memory() >> 20, capacity.cpus,
                                       capacity.memory_bytes >> 20));
  TRY(const SweepInfo made, platform.sweeps().Create(std::move(sweep), who.name));
  return SweepJson(made);
}

Status SubmitSweepTrial(Platform& platform, const SweepInfo& sweep, size_t trial) {
  const std::string id = sweep.RunOf(trial);
  const auto there = platform.runs().Get(id);
  if (there && there->sweep != sweep.name)
    return Error{ErrorCode::kAlreadyExists, fmt::format("there is another run '{}'", id), ""};
  if (!there) {
    if (there.error().code != ErrorCode::kNotFound) return there.error();
    TRY(const RepositoryVersion version, platform.repositories(RepositoryKind::kDataset).Find(sweep.dataset));
    NewRun run;
    run.name = sweep.name;
    run.id = id;
    run.recipe = sweep.trials[trial].recipe;
    run.dataset = version.Ref();
    run.dataset_version = version.id;
    run.code = sweep.code;
    run.sweep = sweep.name;
    TRY_STATUS(platform.runs().Create(run, sweep.owner));
  }
  const JobSpec job = TrialSpec(platform.jobs().capacity(), sweep, trial);
  const auto submitted = platform.jobs().Submit(job, sweep.owner, sweep.states[trial].job);
  if (!submitted && submitted.error().code != ErrorCode::kAlreadyExists) return submitted.error();
  return {};
}

std::vector<Route> SweepRoutes(Platform& platform) {
  std::vector<Route> routes;
  const std::string sweeps = "/sinter/v1/sweeps", sweep = sweeps + "/{name}";
  auto add = [&](std::string method, std::string pattern, Access access, std::string summary, auto answer) {
    routes.push_back(JsonRoute(std::move(method), std::move(pattern), access, std::move(summary), answer));
  };
  add("POST", sweeps, Access::kWrite, "Submits a sweep: trainings of a recipe that differ in some values.",
      [&platform](HttpRequest& r) -> Result<Json> {
        TRY(const Json body, r.JsonBody());
        return SubmitSweep(platform, body, r.principal);
      });
  add("GET", sweeps, Access::kRead, "The sweeps, newest first.", [&platform](HttpRequest& r) -> Result<Json> {
    TRY(const int64_t limit, r.QueryInt("limit", 100, 1, 1000));
    TRY(const auto all, platform.sweeps().List(static_cast<size_t>(limit)));
    Json items = Json::array();
    for (const SweepInfo& one : all) {
      Json json = SweepJson(one);
      for (const char* field : {"sweep", "recipe", "code"}) json.erase(field);
      json["count"] = one.trials.size();
      json["best"] = json["trials"][0];
      json.erase("trials");
      items.push_back(std::move(json));
    }
    return Json{{"items", std::move(items)}};
  });
  add("GET", sweep, Access::kRead, "A sweep and its trials, the best first.",
      [&platform](HttpRequest& r) -> Result<Json> {
        TRY(const SweepInfo info, platform.sweeps().Get(r.Parameter("name")));
        return SweepJson(info);
      });
  const std::tuple<const char*, const char*, SweepWish> wishes[] = {
      {"/pause", "Begins no further trial; those that run go on to the end of their rung.",
       SweepWish::kPause},
      {"/resume", "Goes on with a paused sweep.", SweepWish::kRun},
      {"/cancel", "Ends a sweep and the jobs of its trials.", SweepWish::kCancel}};
  for (const auto& [path, summary, wish] : wishes) {
    add("POST", sweep + path, Access::kWrite, summary,
        [&platform, wish = wish](HttpRequest& r) -> Result<Json> {
          TRY(const SweepInfo info, platform.sweeps().SetWish(r.Parameter("name"), wish, r.principal.name));
          return SweepJson(info);
        });
  }
  return routes;
}

}  // namespace sinter
