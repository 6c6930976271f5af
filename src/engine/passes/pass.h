// A pass changes one function of a module into one that computes the same.
#pragma once

#include <functional>
#include <string_view>

#include "base/result.h"
#include "engine/graph/module.h"
#include "engine/graph/operator.h"

namespace sinter {

struct PassContext {
  Module& module;      // passes may add symbols to it, and change nothing else of it
  Function& function;  // one of the module's
  const OperatorCatalog& catalog;
  // Whether the device has a kernel for an operator; null: nothing is known of a device.
  std::function<bool(std::string_view op)> served = {};
};

struct Pass {
  std::string_view name;     // how it is switched off: "fold_constants"
  std::string_view summary;  // one sentence, for sinter explain
  // Gives the number of changes made. Types of all values are known before and after. Errors are faults of
  // the module or our own.
  Result<int> (*run)(PassContext& context);
};

// One file each; pipelines.cc orders them.
extern const Pass kInlineCallsPass;
extern const Pass kInferTypesPass;
extern const Pass kLowerCompositionsPass;
extern const Pass kFoldConstantsPass;
extern const Pass kSimplifyPass;
extern const Pass kMoveTransposesPass;
extern const Pass kFoldBatchNormPass;
extern const Pass kCommonSubexpressionsPass;
extern const Pass kDeadCodePass;
extern const Pass kMarkFusionPass;

}  // namespace sinter
