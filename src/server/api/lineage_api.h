// Lineage over the own API:
//   GET /lineage?kind=dataset|run|model|service&ref=REF
//     {"node":{"kind","ref"},"steps":[{"kind","ref","distance"}],"edges":[{"from","to","how"}]}
// A version's ref is as Find takes it; a run's is its id; a service's is NAME (its revision now) or
// NAME@REVISION.
#pragma once

#include "base/json.h"
#include "server/api/platform.h"

namespace sinter {

Result<Json> ShowLineage(Platform& platform, std::string_view kind, std::string_view ref);

}  // namespace sinter
