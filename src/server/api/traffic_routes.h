// What a service's live traffic looks like, over the own API, /sinter/v1:
//   GET  /services/NAME/drift          live traffic against the golden set
//   GET  /services/NAME/cases?limit=   requests kept for labelling: they are users' data, so this needs a
//   token POST /services/NAME/cases/export   {"dataset"} -> the version of a data set that holds them,
//   prelabelled
#pragma once

#include <string_view>
#include <vector>

#include "base/json.h"
#include "server/api/platform.h"
#include "server/http/router.h"

namespace sinter {

Json DriftJson(const DriftReport& report);
Result<Json> ListCases(Platform& platform, std::string_view name, int64_t limit);
std::vector<Route> TrafficRoutes(Platform& platform, bool loopback);

}  // namespace sinter
