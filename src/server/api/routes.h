// The table of what the server answers to: which path belongs to whom. Routing, access, limits and the
// OpenAPI document follow from it.
#pragma once

#include <vector>

#include "platform/hub/tokens.h"
#include "server/api/platform.h"
#include "server/http/router.h"

namespace sinter {

inline constexpr std::string_view kVersion = "0.1.0";

// Everything under /sinter/v1 but the services, and MLflow's interface. The platform outlives the routes.
std::vector<Route> PlatformRoutes(Platform& platform);
std::vector<Route> RepositoryRoutes(Platform& platform);
std::vector<Route> BlobRoutes(Platform& platform);
std::vector<Route> RunRoutes(Platform& platform);
std::vector<Route> TokenRoutes(Platform& platform);
std::vector<Route> ChangeRoutes(Platform& platform);

// Whom a bearer token stands for; what HttpServerOptions::authenticate calls.
Result<Principal> PrincipalOf(Platform& platform, std::string_view token);
Principal PrincipalOf(const TokenInfo& info);
// The scope that a principal came with.
TokenScope ScopeOf(const Principal& principal);

// OpenAPI 3.1 of a table.
Json OpenApi(const std::vector<Route>& routes);

// For tables: a route whose answer is JSON.
Route JsonRoute(std::string method, std::string pattern, Access access, std::string summary,
                std::function<Result<Json>(HttpRequest&)> answer);

}  // namespace sinter
