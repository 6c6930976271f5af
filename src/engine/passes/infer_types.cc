#include <algorithm>

#include "engine/graph/infer.h"
#include "engine/passes/pass.h"

namespace sinter {
namespace {

Result<int> Run(PassContext& context) {
  auto unknown = [&] {
    return std::ranges::count_if(context.function.values,
                                 [](const ValueInfo& info) { return !info.type.IsKnown(); });
  };
  const auto before = unknown();
  TRY_STATUS(InferFunctionTypes(context.module, context.function, context.catalog));
  return static_cast<int>(before - unknown());
}

}  // namespace

const Pass kInferTypesPass{"infer_types",
                           "The type of every value, its dimensions as expressions of symbols.", &Run};

}  // namespace sinter
