#pragma once

#include "engine/graph/builder.h"
#include "engine/models/sequential.h"

namespace sinter {

// Appends the activation; gelu and silu from simpler operators. kNone gives x back.
ValueId AppendActivation(GraphBuilder& b, Activation activation, ValueId x);
// Does He's rule fit what comes before it?
bool IsRectifier(Activation activation);

}  // namespace sinter
