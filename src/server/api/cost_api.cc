#include "server/api/cost_api.h"

#include <algorithm>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "server/api/routes.h"

namespace sinter {
namespace {

constexpr double kHour = 3600;
constexpr size_t kLooked = 1000;

Json PriceJson(const CostPrice& price) {
  if (price.currency.empty()) return nullptr;
  return {{"core_hour", price.core_hour}, {"gpu_hour", price.gpu_hour}, {"currency", price.currency}};
}

void Say(const Status& status) {
  if (!status) fmt::print(stderr, "costs: {}\n", status.error().ToString());
}

// Of an attempt whose keeper was killed: as far as it was sampled.
double FromSamples(Platform& platform, const JobInfo& job, const JobAttempt& attempt) {
  const auto samples = platform.jobs().Usage(job.id, attempt.number, 100'000);
  double seconds = 0;
  int64_t before = attempt.started_ms;
  for (const AttemptUsage& sample : samples.value_or(std::vector<AttemptUsage>())) {
    seconds += sample.cores * static_cast<double>(std::max<int64_t>(0, sample.at_ms - before)) / 1000;
    before = sample.at_ms;
  }
  return seconds;
}

}  // namespace

std::optional<CostEntry> CostOfJobAttempt(const JobInfo& job, const JobAttempt& attempt,
                                          int64_t run_attempt) {
  if (attempt.ended_ms == 0 || attempt.cpu_seconds < 0) return std::nullopt;
  CostEntry entry;
  entry.id = job.spec.run.empty() ? fmt::format("job {}.{}", job.id, attempt.number)
                                  : fmt::format("run {}.{}", job.spec.run, run_attempt);
  entry.at_ms = attempt.ended_ms;
  entry.owner = job.spec.owner;
  entry.run = job.spec.run;
  entry.core_seconds = attempt.cpu_seconds;
  return entry;
}

std::optional<CostEntry> CostOfRunAttempt(const RunInfo& run, const RunAttempt& attempt) {
  if (attempt.ended_ms == 0) return std::nullopt;
  CostEntry entry;
  entry.id = fmt::format("run {}.{}", run.id, attempt.number);
  entry.at_ms = attempt.ended_ms;
  entry.owner = run.created_by;
  entry.run = run.id;
  entry.core_seconds = std::max(0.0, attempt.cpu_seconds);
  return entry;
}

void ChargeJob(Platform& platform, const JobInfo& job, const JobAttempt& attempt) {
  JobAttempt charged = attempt;
  if (attempt.lost && attempt.cpu_seconds < 0) charged.cpu_seconds = FromSamples(platform, job, attempt);
  int64_t run_attempt = 0;
  if (!job.spec.run.empty()) run_attempt = platform.runs().Get(job.spec.run).value_or(RunInfo()).attempt();
  if (const auto entry = CostOfJobAttempt(job, charged, run_attempt)) Say(platform.costs().Put({&*entry, 1}));
}

void ChargeRun(Platform& platform, const RunInfo& run) {
  std::vector<CostEntry> entries;
  // The last two: a new attempt has just ended the one before.
  for (size_t i = run.attempts.size() > 2 ? run.attempts.size() - 2 : 0; i < run.attempts.size(); ++i)
    if (auto entry = CostOfRunAttempt(run, run.attempts[i])) entries.push_back(*std::move(entry));
  // What a job's cgroup counted is better than what the run told.
  Say(platform.costs().PutMissing(entries));
}

Status ChargeWhatEnded(Platform& platform) {
  TRY(const auto jobs, platform.jobs().List(kLooked));
  std::vector<CostEntry> entries;
  for (const JobInfo& job : jobs) {
    // Of trainings the run's attempt that belongs to a job's is known for the last one alone.
    const bool trains = !job.spec.run.empty();
    const int64_t run_attempt = trains ? platform.runs().Get(job.spec.run).value_or(RunInfo()).attempt() : 0;
    for (const JobAttempt& attempt : job.attempts) {
      if (trains && attempt.number != job.attempt()) continue;
      if (auto entry = CostOfJobAttempt(job, attempt, run_attempt)) entries.push_back(*std::move(entry));
    }
  }
  return platform.costs().PutMissing(entries);
}

Result<Json> ShowCost(Platform& platform, CostBy by, int64_t since_ms) {
  TRY(const auto sums, platform.costs().Sum(by, since_ms));
  TRY(const CostPrice price, platform.costs().Price());
  Json items = Json::array();
  for (const CostItem& sum : sums) {
    const double core_hours = sum.core_seconds / kHour, gpu_hours = sum.gpu_seconds / kHour;
    Json cost;
    if (!price.currency.empty()) cost = core_hours * price.core_hour + gpu_hours * price.gpu_hour;
    items.push_back({{"name", sum.name},
                     {"core_hours", core_hours},
                     {"gpu_hours", gpu_hours},
                     {"runs", sum.runs},
                     {"entries", sum.entries},
                     {"cost", std::move(cost)}});
  }
  return Json{
      {"by", CostByName(by)}, {"since", since_ms}, {"items", std::move(items)}, {"price", PriceJson(price)}};
}

std::vector<Route> CostRoutes(Platform& platform) {
  std::vector<Route> routes;
  routes.push_back(JsonRoute("GET", "/sinter/v1/cost", Access::kRead,
                             "Core-hours and GPU-hours by run, owner or service.",
                             [&platform](HttpRequest& r) -> Result<Json> {
                               const auto by = ParseCostBy(r.Query("by", "owner"));
                               if (!by) return InvalidArgument("by must be run, owner or service");
                               TRY(const int64_t since, r.QueryInt("since", 0, 0, INT64_MAX));
                               return ShowCost(platform, *by, since);
                             }));
  routes.push_back(JsonRoute("PUT", "/sinter/v1/cost/price", Access::kAdmin,
                             "What an hour of a core or GPU costs.",
                             [&platform](HttpRequest& r) -> Result<Json> {
                               TRY(const Json body, r.JsonBody());
                               JsonReader reader(body, "price");
                               CostPrice price;
                               price.core_hour = reader.Number("core_hour");
                               price.gpu_hour = reader.Number("gpu_hour", 0);
                               price.currency = reader.String("currency");
                               TRY_STATUS(reader.Finish());
                               TRY_STATUS(platform.costs().SetPrice(price));
                               return PriceJson(price);
                             }));
  return routes;
}

}  // namespace sinter
