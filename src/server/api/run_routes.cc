#include <nlohmann/json.hpp>

#include "server/api/repository_api.h"
#include "server/api/routes.h"
#include "server/api/run_api.h"

namespace sinter {
namespace {

constexpr const char* kRuns = "/sinter/v1/runs";
using RunReport = Result<Json> (*)(Platform&, std::string_view, const TokenScope&, const Json&);

}  // namespace

std::vector<Route> RunRoutes(Platform& platform) {
  std::vector<Route> routes;
  const std::string runs = kRuns, run = runs + "/{id}";
  auto add = [&](std::string method, std::string pattern, Access access, std::string summary, auto answer) {
    routes.push_back(JsonRoute(std::move(method), std::move(pattern), access, std::move(summary), answer));
  };
  add("GET", runs, Access::kRead, "The runs, newest first.", [&platform](HttpRequest& r) -> Result<Json> {
    TRY(const int64_t limit, r.QueryInt("limit", 100, 1, 1000));
    return ListRuns(platform, static_cast<size_t>(limit));
  });
  add("POST", runs, Access::kWrite, "Creates a run, over one version of a data set.",
      [&platform](HttpRequest& r) -> Result<Json> {
        TRY(const Json body, r.JsonBody());
        return CreateRun(platform, body, r.principal.name);
      });
  add("GET", run, Access::kRead, "A run.",
      [&platform](HttpRequest& r) { return ShowRun(platform, r.Parameter("id")); });
  add("POST", run + "/attempts", Access::kWrite, "The next attempt, with its token and what it resumes from.",
      [&platform](HttpRequest& r) { return StartRunAttempt(platform, r.Parameter("id"), r.principal.name); });
  add("POST", run + "/cancel", Access::kWrite, "Cancels a run.",
      [&platform](HttpRequest& r) { return CancelRun(platform, r.Parameter("id"), r.principal.name); });
  // What an attempt reports, by its own token.
  const std::tuple<const char*, const char*, RunReport> reports[] = {
      {"/progress", "How far the attempt is.", &ReportRunProgress},
      {"/checkpoints", "A checkpoint, whose files are in the store.", &AddRunCheckpoint},
      {"/metrics", "Figures by step.", &AddRunMetrics},
      {"/finish", "How the attempt ended.", &FinishRun}};
  for (const auto& [path, summary, report] : reports) {
    add("POST", run + path, Access::kRun, summary,
        [&platform, report = report](HttpRequest& r) -> Result<Json> {
          TRY(const Json body, r.JsonBody());
          return report(platform, r.Parameter("id"), ScopeOf(r.principal), body);
        });
  }
  // A run adds the model that it made; its name comes from the body.
  add("POST", run + "/model", Access::kRun, "The model that the attempt made: a version of NAME.",
      [&platform](HttpRequest& r) -> Result<Json> {
        TRY(const Json body, r.JsonBody());
        return AddRunModel(platform, r.Parameter("id"), ScopeOf(r.principal), body);
      });
  add("GET", run + "/metrics", Access::kRead,
      "The names of a run's figures, or with ?name= one of them by step.",
      [&platform](HttpRequest& r) -> Result<Json> {
        if (r.Query("name").empty()) return RunMetricNames(platform, r.Parameter("id"));
        MetricQuery query;
        query.run = r.Parameter("id");
        query.name = r.Query("name");
        TRY(query.from_step, r.QueryInt("from", 0, 0, INT64_MAX));
        TRY(query.to_step, r.QueryInt("to", INT64_MAX, 0, INT64_MAX));
        TRY(query.at_most, r.QueryInt("points", 1000, 1, 100000));
        return RunMetric(platform, query);
      });
  return routes;
}

}  // namespace sinter
