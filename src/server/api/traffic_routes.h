// What a service's live traffic looks like, over the own API, /sinter/v1:
//   GET  /services/NAME/drift          live traffic against the golden set
//   GET  /services/NAME/cases?limit=   requests kept for labelling: they are users' data, so this needs a
//   token POST /services/NAME/cases/export   {"dataset"} -> the version of a data set that holds them,
//   pre-labelled
#pragma once

#include <span>
#include <string_view>
#include <vector>

#include "base/json.h"
#include "server/api/platform.h"
#include "server/http/router.h"

namespace sinter {

Json DriftJson(const DriftReport& report);
Result<Json> ListCases(Platform& platform, std::string_view name, int64_t limit);
// The next version of the data set holds these cases of the service; they stay kept. As ExportCases for the
// rest.
Result<Json> WriteCases(Platform& platform, std::string_view name, std::span<const HardCase> cases,
                        std::string_view dataset, std::string_view who, bool to_label);
// The next version of the data set: a split "cases" with the inputs and, as labels to be corrected, what the
// model said; or, `to_label`, that in a column of its own ("said") and no label yet. They are no longer kept
// then. kConflict where there are none.
Result<Json> ExportCases(Platform& platform, std::string_view name, std::string_view dataset,
                         std::string_view who, bool to_label = false);

std::vector<Route> TrafficRoutes(Platform& platform, bool loopback);

}  // namespace sinter
