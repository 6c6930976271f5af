// Reverse-mode differentiation of a function of the IR.
#pragma once

#include <span>
#include <vector>

#include "base/result.h"
#include "engine/graph/builder.h"

namespace sinter {

// Appends to the builder's function the gradients of `loss` (a floating-point scalar) with respect to each of
// `targets`, and gives their values in order; a target that the loss does not depend on gets zeros of its
// shape. Every operator between targets and loss must have a gradient on its page: the error names the node
// and the page's reason. Calls must be inlined before (clone.h).
Result<std::vector<ValueId>> AppendGradients(GraphBuilder& builder, ValueId loss,
                                             std::span<const ValueId> targets);

}  // namespace sinter
