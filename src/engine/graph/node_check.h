// Does a node agree with its operator's page?
#pragma once

#include <string>

#include "base/result.h"
#include "engine/graph/module.h"
#include "engine/graph/operator.h"

namespace sinter {

// "MatMul 'layer1' (%y)"; for messages.
std::string DescribeNode(const Function& function, const Node& node);

// Numbers of inputs and outputs, attributes, regions, and the dtypes of those values whose types are known.
// What passes here is safe to hand to the page's inference: its required inputs and attributes are there. The
// node's values must exist in the function.
Status CheckNode(const Function& function, const Node& node, const Operator& page);

}  // namespace sinter
