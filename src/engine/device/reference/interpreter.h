// Runs a function of a module node by node with the pages' reference functions: plain, exact, slow; the judge
// of every other way to run it.
#pragma once

#include <functional>
#include <map>
#include <span>
#include <string>
#include <vector>

#include "base/cancel.h"
#include "base/function_ref.h"
#include "base/result.h"
#include "engine/graph/module.h"
#include "engine/graph/operator.h"
#include "engine/tensor/value.h"

namespace sinter {

// The values of a module's states, by name. A state that is absent holds its initial value, or zeros.
using StateValues = std::map<std::string, Tensor, std::less<>>;

struct ReferenceOptions {
  Communicator* communicator = nullptr;
  CancelToken cancel = {};
  // Called after each node of the outermost function with the values that it gave; an error ends the run.
  std::function<Status(const Node&, std::span<const Value>)> after_node = {};
};

// Inputs in the function's order; results in its order. States that the function or its callees update are
// written to `states` at the end, all or none. Errors name the node.
Result<std::vector<Value>> RunReference(const Module& module, const OperatorCatalog& catalog,
                                        std::string_view function, std::span<const Value> inputs,
                                        StateValues& states, const ReferenceOptions& options = {});

// A node inside a function, regions and all; `lookup` gives the values that it and its regions use from
// outside.
Result<std::vector<Value>> RunReferenceNodeIn(const Module& module, const OperatorCatalog& catalog,
                                              const Function& function, const Node& node,
                                              FunctionRef<Value(ValueId)> lookup,
                                              const ReferenceOptions& options);

}  // namespace sinter
