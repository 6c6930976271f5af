// What does not depend on the inputs is computed now: nodes over constants, by their pages' reference, and
// shape arithmetic whose result is a number whatever the symbols are.
#include <algorithm>
#include <variant>

#include "engine/graph/infer.h"
#include "engine/ops/evaluate.h"
#include "engine/passes/pass.h"
#include "engine/passes/rewrite.h"

namespace sinter {
namespace {

// A result larger than its inputs (an expanded scalar) is folded up to this size only: a package would carry
// the bytes, and a kernel makes them faster than a disk reads them.
constexpr uint64_t kLargestGrown = 1 << 16;
// Products and convolutions are folded up to this many bytes read times bytes made, a bound of their work:
// the reference takes half a second for two matrices of 1,024 x 1,024, which are within it, and minutes for
// what a kernel does in seconds.
constexpr double kMostWork = 0x1p46;

bool SumsProducts(const Operator& page) {
  return std::holds_alternative<Contraction>(page.index.value) ||
         std::holds_alternative<WindowedSum>(page.index.value);
}

class Folder {
 public:
  Folder(PassContext& context, InferenceState& facts)
      : function_(context.function), catalog_(context.catalog), facts_(facts) {}

  Result<int> Run() {
    TRY_STATUS(InRegion(function_.body));
    return changes_;
  }

 private:
  Status InRegion(Region& region) {
    std::vector<Node> nodes = std::move(region.nodes);
    region.nodes.clear();
    for (Node& node : nodes) {
      for (auto& [name, inner] : node.regions) TRY_STATUS(InRegion(inner));
      TRY(std::vector<Tensor> values, Fold(node));
      if (values.empty()) {
        region.nodes.push_back(std::move(node));
        continue;
      }
      ++changes_;
      for (size_t i = 0; i < node.outputs.size(); ++i) {
        if (node.outputs[i] == kNoValue) continue;
        facts_.At(node.outputs[i]).constant = values[i];
        region.nodes.push_back(MakeConstant(node.outputs[i], std::move(values[i])));
      }
    }
    return {};
  }

  // One tensor for each output; empty when the node stays.
  Result<std::vector<Tensor>> Fold(const Node& node) {
    const Operator* page = catalog_.Find(node.op);
    if (page == nullptr || node.op == "Constant" || !node.regions.empty() || page->effect != Effect::kPure ||
        node.outputs.empty())
      return std::vector<Tensor>();
    if (auto known = FromContents(node); !known.empty()) return known;
    uint64_t given = 0;
    std::vector<Value> held;
    held.reserve(node.inputs.size());
    for (ValueId id : node.inputs) {
      if (id == kNoValue) {
        held.emplace_back();
        continue;
      }
      const Tensor& constant = facts_.At(id).constant;
      if (!constant.defined()) return std::vector<Tensor>();
      given += constant.bytes();
      held.emplace_back(constant);
    }
    uint64_t made = 0;
    for (ValueId id : node.outputs) {
      if (id == kNoValue) continue;
      const Type& type = function_.TypeOf(id);
      if (!type.IsTensor() || !type.ByteSize().IsConstant()) return std::vector<Tensor>();
      made += static_cast<uint64_t>(*type.ByteSize().Constant());
    }
    if (made > std::max(given, kLargestGrown)) return std::vector<Tensor>();
    if (SumsProducts(*page) && static_cast<double>(made) * static_cast<double>(given) > kMostWork)
      return std::vector<Tensor>();
    std::vector<const Value*> inputs;
    inputs.reserve(held.size());
    for (size_t i = 0; i < held.size(); ++i)
      inputs.push_back(node.inputs[i] == kNoValue ? nullptr : &held[i]);
    // What its page refuses stays, and is refused when it runs: a branch that is never taken may hold it.
    const auto values = EvaluateNode(node, *page, inputs);
    if (!values) return std::vector<Tensor>();
    std::vector<Tensor> tensors;
    for (size_t i = 0; i < values->size(); ++i) {
      const bool wanted = node.outputs[i] != kNoValue;
      tensors.push_back(wanted ? (*values)[i].tensor() : Tensor());
      // A size that only the data decide has a symbol for a type; the number would be another type.
      if (wanted && !(tensors[i].type() == function_.TypeOf(node.outputs[i]))) return std::vector<Tensor>();
    }
    return tensors;
  }

  // Small integer tensors of which inference knows every element.
  std::vector<Tensor> FromContents(const Node& node) {
    std::vector<Tensor> tensors;
    for (ValueId id : node.outputs) {
      if (id == kNoValue || !facts_.At(id).contents) return {};
      const ValueFacts& facts = facts_.At(id);
      std::vector<int64_t> elements;
      for (const Dim& dim : *facts.contents) {
        if (!dim.IsConstant()) return {};
        elements.push_back(*dim.Constant());
      }
      Dims dims;
      if (facts.type.Rank() == 1) dims.push_back(static_cast<int64_t>(elements.size()));
      if (facts.type.dtype == DType::kI64) {
        tensors.push_back(Tensor::FromSpan<int64_t>(dims, elements));
      } else if (facts.type.dtype == DType::kI32) {
        const std::vector<int32_t> narrow(elements.begin(), elements.end());
        tensors.push_back(Tensor::FromSpan<int32_t>(dims, narrow));
      } else {
        return {};
      }
      if (!(tensors.back().type() == facts.type)) return {};
    }
    return tensors;
  }

  Function& function_;
  const OperatorCatalog& catalog_;
  InferenceState& facts_;
  int changes_ = 0;
};

Result<int> Run(PassContext& context) {
  TRY(InferenceState facts, InferFunctionTypes(context.module, context.function, context.catalog));
  return Folder(context, facts).Run();
}

}  // namespace

const Pass kFoldConstantsPass{"fold_constants", "What does not depend on the inputs is computed once, now.",
                              &Run};

}  // namespace sinter
