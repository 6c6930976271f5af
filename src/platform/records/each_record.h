// Every record of a kind.
#pragma once

#include <functional>
#include <string_view>

#include "platform/records/records.h"

namespace sinter {

// In the order of names, read page by page: what comes or goes meanwhile may be seen or not. The first error
// of `visit` ends it.
Status ForEachRecord(Records& records, std::string_view kind,
                     const std::function<Status(const Record&)>& visit, std::string_view prefix = {});

}  // namespace sinter
