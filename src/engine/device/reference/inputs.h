// Do the values that a caller gives fit the function?
#pragma once

#include <span>

#include "base/result.h"
#include "engine/graph/module.h"
#include "engine/tensor/value.h"

namespace sinter {

// Number, dtypes, ranks and dimensions; each symbol one value within its bounds. Errors name the input.
Status CheckInputs(const Module& module, const Function& function, std::span<const Value> inputs);

}  // namespace sinter
