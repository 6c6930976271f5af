#include "server/api/routes.h"

#include <nlohmann/json.hpp>

#include "server/api/best_run_api.h"
#include "server/api/cost_api.h"
#include "server/api/hub_api.h"
#include "server/api/job_api.h"
#include "server/api/label_api.h"
#include "server/api/mlflow_routes.h"
#include "server/api/sweep_api.h"

namespace sinter {

Route JsonRoute(std::string method, std::string pattern, Access access, std::string summary,
                std::function<Result<Json>(HttpRequest&)> answer) {
  Route route;
  route.method = std::move(method);
  route.pattern = std::move(pattern);
  route.access = access;
  route.summary = std::move(summary);
  route.largest_body = uint64_t{64} << 20;
  route.answer = [answer = std::move(answer)](HttpRequest& request) -> Result<HttpResponse> {
    TRY(const Json json, answer(request));
    return JsonResponse(json);
  };
  return route;
}

Result<Principal> PrincipalOf(Platform& platform, std::string_view token) {
  TRY(const TokenInfo info, platform.tokens().Check(token));
  return PrincipalOf(info);
}

Principal PrincipalOf(const TokenInfo& info) {
  Principal principal;
  principal.name = info.name;
  switch (info.scope.level) {
    case TokenScope::Level::kRead:
      principal.access = Access::kRead;
      break;
    case TokenScope::Level::kWrite:
      principal.access = Access::kWrite;
      break;
    case TokenScope::Level::kAdmin:
      principal.access = Access::kAdmin;
      break;
    case TokenScope::Level::kRun:
      principal.access = Access::kRun;
      principal.run = info.scope.run;
      principal.attempt = info.scope.attempt;
      break;
  }
  return principal;
}

TokenScope ScopeOf(const Principal& principal) {
  switch (principal.access) {
    case Access::kRun:
      return {TokenScope::Level::kRun, principal.run, principal.attempt};
    case Access::kAdmin:
      return {TokenScope::Level::kAdmin, "", 0};
    case Access::kWrite:
      return {TokenScope::Level::kWrite, "", 0};
    default:
      return {TokenScope::Level::kRead, "", 0};
  }
}

std::vector<Route> PlatformRoutes(Platform& platform) {
  std::vector<Route> routes;
  for (auto make : {RepositoryRoutes, BlobRoutes, HubRoutes, BestRunRoutes, RunRoutes, JobRoutes, SweepRoutes,
                    CostRoutes, LabelRoutes, TokenRoutes, ChangeRoutes, MlflowRoutes}) {
    for (Route& route : make(platform)) routes.push_back(std::move(route));
  }
  routes.push_back(JsonRoute(
      "GET", "/sinter/v1/server", Access::kOpen, "What answers here.",
      [](HttpRequest&) -> Result<Json> { return Json{{"name", "sinter"}, {"version", kVersion}}; }));
  return routes;
}

}  // namespace sinter
