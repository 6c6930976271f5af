#include <nlohmann/json.hpp>

#include "server/api/routes.h"
#include "server/api/token_api.h"

namespace sinter {

std::vector<Route> TokenRoutes(Platform& platform) {
  std::vector<Route> routes;
  routes.push_back(JsonRoute("GET", "/sinter/v1/tokens", Access::kAdmin, "The tokens' names and scopes.",
                             [&platform](HttpRequest& r) -> Result<Json> {
                               TRY(const int64_t limit, r.QueryInt("limit", 1000, 1, 1000));
                               return ListTokens(platform, r.Query("after"), static_cast<int>(limit));
                             }));
  routes.push_back(JsonRoute("POST", "/sinter/v1/tokens", Access::kAdmin,
                             "Makes a token; its text is shown once.",
                             [&platform](HttpRequest& r) -> Result<Json> {
                               TRY(const Json body, r.JsonBody());
                               return CreateToken(platform, body, r.principal.name);
                             }));
  routes.push_back(JsonRoute(
      "DELETE", "/sinter/v1/tokens/{name}", Access::kAdmin, "Revokes a token.",
      [&platform](HttpRequest& r) { return RevokeToken(platform, r.Parameter("name"), r.principal.name); }));
  return routes;
}

}  // namespace sinter
