// Which states does a run of a function update?
#pragma once

#include "base/result.h"
#include "engine/graph/module.h"

namespace sinter {

// Errors: a function that updates one state twice, itself or through the functions that it calls. A call
// inside a region counts once, since a region's function may not update (reads and updates stand in functions
// alone).
Status CheckUpdatesThroughCalls(const Module& module);

}  // namespace sinter
