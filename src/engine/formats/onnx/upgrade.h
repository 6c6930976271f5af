// Nodes of older opsets written as the newest ones are.
#pragma once

#include <cstdint>

#include "base/function_ref.h"
#include "base/result.h"
#include "engine/graph/module.h"

namespace sinter {

// Rewrites `node`, whose attributes are still those of `opset`, to the newest semantics. `constant` adds a
// tensor to the graph. Nodes that need nothing are left alone.
Status UpgradeOnnxNode(Node& node, int64_t opset, FunctionRef<ValueId(Tensor)> constant);

}  // namespace sinter
