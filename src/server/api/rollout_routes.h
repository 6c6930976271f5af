// Rollouts over the own API, /sinter/v1:
//   POST /services/NAME/rollout     {"model","wait"} -> the service. Where nothing waits for traffic the
//   answer
//                                   is that of the switch, 409 "refused" where a gate says no; else it has
//                                   the rollout that has begun
//   GET  /services/NAME/rollout     the one under way, or the latest
//   GET  /services/NAME/rollouts, /services/NAME/rollouts/REVISION
//   POST /services/NAME/promote, /abort, /pause, /resume    {"reason"} -> the rollout; 409 where it cannot
//   POST /services/NAME/gates       the gates of the next rollouts
//   POST /services/NAME/labels      {"items":[{"id","label"}]} -> how many the rollout under way could use
// Reading needs no token on loopback.
#pragma once

#include <string_view>
#include <vector>

#include "base/json.h"
#include "server/api/platform.h"
#include "server/http/router.h"

namespace sinter {

Result<Json> BeginRollout(Platform& platform, std::string_view name, const Json& body, std::string_view who);
Result<Json> SteerRollout(Platform& platform, std::string_view name, PersonsWish wish, const Json& body,
                          std::string_view who);
Result<Json> LabelRequests(Platform& platform, std::string_view name, const Json& body);

std::vector<Route> RolloutRoutes(Platform& platform, bool loopback);

}  // namespace sinter
