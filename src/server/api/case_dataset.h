// Kept cases as a version of a data set.
#pragma once

#include <span>
#include <string_view>

#include "base/json.h"
#include "platform/serving/cases.h"
#include "server/api/platform.h"

namespace sinter {

// The next version of the data set holds these cases of the service as MakeCaseTable writes them; they stay
// kept. {"dataset": REF, "split", "rows"}. kConflict where there are none.
Result<Json> WriteCases(Platform& platform, std::string_view name, std::span<const HardCase> cases,
                        std::string_view dataset, std::string_view who, bool to_label);
// All that the service has kept; they are kept no longer then.
Result<Json> ExportCases(Platform& platform, std::string_view name, std::string_view dataset,
                         std::string_view who, bool to_label = false);

}  // namespace sinter
