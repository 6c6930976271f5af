#include "engine/graph/clone.h"
#include "engine/passes/pass.h"

namespace sinter {
namespace {

Result<int> Run(PassContext& context) {
  int calls = 0;
  ForEachNode(context.function.body, [&](const Node& node) { calls += node.op == kCallOp ? 1 : 0; });
  if (calls > 0) TRY_STATUS(InlineCalls(context.module, context.function));
  return calls;
}

}  // namespace

const Pass kInlineCallsPass{"inline_calls", "Calls become the bodies of the functions they call.", &Run};

}  // namespace sinter
