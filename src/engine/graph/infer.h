// Inference of types and of the contents of shape tensors, over symbols.
#pragma once

#include <deque>

#include "base/result.h"
#include "engine/graph/module.h"
#include "engine/graph/operator.h"

namespace sinter {

// What inference knows of the values of one function, beside the types that it writes into the function.
struct InferenceState {
  std::deque<ValueFacts> values;  // by ValueId; grown on demand, and what was there stays where it is
  ValueFacts& At(ValueId id);
};

// Infers one node whose inputs are known; writes its outputs' types into the function. A type that is
// already there and known must agree (symbols born at nodes are taken over). Errors name node and reason.
Status InferNode(Module& module, Function& function, Node& node, const OperatorCatalog& catalog,
                 InferenceState& state);
// All nodes in order, regions included.
Result<InferenceState> InferFunctionTypes(Module& module, Function& function, const OperatorCatalog& catalog);
// All functions, callees before callers.
Status InferModule(Module& module, const OperatorCatalog& catalog);

}  // namespace sinter
