// Services over the own API, /sinter/v1:
//   GET    /services?after=&limit=    {"items":[service ...],"next"}: by name, up to 1,000
//   POST   /services                  {"name","model","batching":{...},"open","gates":{...},"scaling":{...},
//                                     "replica":"in-process" or "process"} -> the service
//   GET    /services/NAME             with what it takes and gives, and its model's signature
//   DELETE /services/NAME
//   POST   /services/NAME/scaling     {"most_workers","idle_s"} -> the service
//   POST   /services/NAME/unload      until the next request, which is held meanwhile
//   POST   /services/NAME/rollback    (rollouts: rollout_routes.h)
//   GET    /services/NAME/stats       its traffic: counts, quantiles, queue, batch sizes
//   GET    /services/NAME/samples?count=&seed=&split=&dataset=   rows of the data set that its model knows
// Reading needs no token on loopback, so that the page there can show it; everything else does.
#pragma once

#include <vector>

#include "base/json.h"
#include "server/api/platform.h"
#include "server/http/router.h"

namespace sinter {

Json ServiceJson(const ServiceInfo& service);
Json ServiceStatsJson(const ServiceStats& stats);

Result<Json> ListServices(Platform& platform, std::string_view after, int limit);
Result<Json> ShowService(Platform& platform, std::string_view name);
Result<Json> DeployService(Platform& platform, const Json& body, std::string_view who);
struct SampleQuery {
  std::string dataset;  // empty: what the model's version says it was trained on
  std::string split;    // empty: "test", else the first
  int64_t count = 10;   // 1 to 100
  int64_t seed = 1;
};
// {"dataset","split","shape","datatype","classes","items":[{"row","label","data":[...]}]}
Result<Json> SampleService(Platform& platform, std::string_view name, const SampleQuery& query);

// That the golden set which is asked for is there; the error says which data sets are. `where`: for its
// message.
Status CheckGolden(Platform& platform, const Gates& gates, std::string_view where);

std::vector<Route> ServiceRoutes(Platform& platform, bool loopback);

}  // namespace sinter
