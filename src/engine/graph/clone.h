// Copies of functions, and calls replaced by what they call.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "engine/graph/module.h"

namespace sinter {

// Adds a copy of `function` named `copy` to the module (which invalidates Function pointers into it).
// Errors: no such function; the name is taken.
Status CloneFunction(Module& module, std::string_view function, std::string copy);

// Replaces each call in `function`, those inside regions too, by the callee's body, to any depth. State that
// a callee reads is read once; what it updates becomes this function's update. Errors: an unknown callee, a
// recursion, two updates of one state.
Status InlineCalls(const Module& module, Function& function);

// Appends the body of `callee`, called with `arguments`, to `region` of `function`; gives the results'
// values.
Result<std::vector<ValueId>> InlineBody(const Function& callee, std::span<const ValueId> arguments,
                                        Function& function, Region& region);

}  // namespace sinter
