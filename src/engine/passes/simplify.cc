// Nodes whose output is a value that is there already, by the facts on their pages. What they name stays
// until dead_code finds that nobody reads it.
#include <algorithm>
#include <unordered_map>
#include <vector>

#include "engine/graph/infer.h"
#include "engine/passes/pass.h"
#include "engine/passes/rewrite.h"

namespace sinter {
namespace {

// Every element equals `value`, whatever the (plain, numeric) dtype.
bool AllAre(const Tensor& tensor, double value) {
  if (tensor.elements() == 0 || !tensor.encoding().IsPlain()) return false;
  if (!kNumeric.Has(tensor.dtype())) return false;
  for (int64_t i = 0; i < tensor.elements(); ++i) {
    if (tensor.AsDouble(i) != value) return false;
  }
  return true;
}

bool SameNode(const Node& a, const Node& b) {
  return a.op == b.op && std::ranges::equal(a.attributes, b.attributes, [](const auto& x, const auto& y) {
           return x.first == y.first && SameAttribute(x.second, y.second);
         });
}

class Simplifier {
 public:
  Simplifier(PassContext& context, InferenceState& facts)
      : function_(context.function), catalog_(context.catalog), facts_(facts) {}

  int Run() {
    ForEachNode(function_.body, [&](const Node& node) {
      for (ValueId id : node.outputs) {
        if (id != kNoValue) definer_[id] = &node;
      }
    });
    int changes = 0;
    ForEachNode(function_.body, [&](const Node& node) {
      const Operator* page = catalog_.Find(node.op);
      if (page == nullptr || node.outputs.empty() || node.outputs[0] == kNoValue || node.inputs.empty())
        return;
      const ValueId same = SameAs(node, *page);
      if (same == kNoValue || !(function_.TypeOf(same) == function_.TypeOf(node.outputs[0]))) return;
      replaced_.Add(node.outputs[0], same);
      // Other outputs (a mask) still need the node.
      ++changes;
    });
    replaced_.Apply(function_);
    return changes;
  }

 private:
  // An earlier value that output 0 always equals, or kNoValue.
  ValueId SameAs(const Node& node, const Operator& page) {
    auto input = [&](size_t i) { return i < node.inputs.size() ? node.inputs[i] : kNoValue; };
    if (input(0) == kNoValue) return kNoValue;
    if (PassesThrough(node, page)) return input(0);
    if (const Node* inner = Definer(input(0)); inner != nullptr && SameNode(node, *inner)) {
      if (page.algebra.involution) return inner->inputs[0];
      if (page.algebra.idempotent) return input(0);
    }
    // x + 0 is x but for the sign of a zero, which no peer promises either.
    if (page.algebra.identity != Algebra::kNone && node.inputs.size() == 2) {
      if (IsConstant(input(1), page.algebra.identity)) return input(0);
      if (page.algebra.left_identity && IsConstant(input(0), page.algebra.identity)) return input(1);
    }
    return kNoValue;
  }

  bool PassesThrough(const Node& node, const Operator& page) {
    if (page.view && function_.TypeOf(node.inputs[0]) == function_.TypeOf(node.outputs[0])) return true;
    if (page.passes_through == nullptr) return false;
    std::vector<const ValueFacts*> facts;
    facts.reserve(node.inputs.size());
    for (ValueId id : node.inputs) facts.push_back(id == kNoValue ? nullptr : &facts_.At(id));
    return page.passes_through(NodeView(node, page), facts, function_.TypeOf(node.outputs[0]));
  }

  bool IsConstant(ValueId id, double value) {
    return id != kNoValue && facts_.At(id).constant.defined() && AllAre(facts_.At(id).constant, value);
  }

  const Node* Definer(ValueId id) const {
    const auto found = definer_.find(id);
    return found == definer_.end() ? nullptr : found->second;
  }

  Function& function_;
  const OperatorCatalog& catalog_;
  InferenceState& facts_;
  std::unordered_map<ValueId, const Node*> definer_;
  Replacements replaced_;
};

Result<int> Run(PassContext& context) {
  TRY(InferenceState facts, InferFunctionTypes(context.module, context.function, context.catalog));
  return Simplifier(context, facts).Run();
}

}  // namespace

const Pass kSimplifyPass{"simplify", "Nodes that change nothing, by their pages' facts, are passed by.",
                         &Run};

}  // namespace sinter
