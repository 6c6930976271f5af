// Transposes move down through element-wise nodes until they meet another one; two that meet are one, and one
// that moves nothing is none. Exporters write a pair around each layer when they change the layout.
#include <algorithm>
#include <list>
#include <numeric>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "engine/graph/infer.h"
#include "engine/passes/pass.h"
#include "engine/passes/rewrite.h"

namespace sinter {
namespace {

using Permutation = std::vector<int64_t>;  // output dimension i is input dimension p[i]

Permutation Inverse(const Permutation& p) {
  Permutation inverse(p.size());
  for (size_t i = 0; i < p.size(); ++i) inverse[static_cast<size_t>(p[i])] = static_cast<int64_t>(i);
  return inverse;
}

bool MovesNothing(const Permutation& p) { return std::ranges::is_sorted(p); }

Node MakeTranspose(ValueId from, ValueId to, Permutation perm) {
  return {"Transpose", {}, {from}, {to}, {{"perm", std::move(perm)}}, {}, {}};
}

class Mover {
 public:
  Mover(PassContext& context, Region& region, InferenceState& facts)
      : function_(context.function), catalog_(context.catalog), region_(region), facts_(facts) {}

  // Sweeps over the whole region, until one changes nothing.
  int Run() {
    int changes = 0;
    for (int made = 1; made > 0; changes += made) {
      made = Merge();
      made += Sink();
    }
    return changes;
  }

 private:
  const Node* Definer(ValueId id) const {
    const auto found = definers_.find(id);
    return found == definers_.end() ? nullptr : found->second;
  }

  int& Uses(ValueId id) {
    const auto at = static_cast<size_t>(id);
    if (at >= uses_.size()) uses_.resize(at + 1, 0);
    return uses_[at];
  }

  void Define(Node& node) {
    for (ValueId id : node.outputs) {
      if (id != kNoValue) definers_[id] = &node;
    }
  }

  std::optional<Permutation> PermutationOf(const Node& node) const {
    if (node.op != "Transpose") return std::nullopt;
    const NodeView view(node, *catalog_.Find(node.op));
    const auto rank = static_cast<int64_t>(function_.TypeOf(node.inputs[0]).Rank());
    Permutation perm = view.Ints("perm");
    if (!view.Has("perm")) {
      perm.resize(static_cast<size_t>(rank));
      std::iota(perm.rbegin(), perm.rend(), int64_t{0});
    }
    for (int64_t& axis : perm) axis += axis < 0 ? rank : 0;
    return perm;
  }

  // A transpose of a transpose, or one that moves nothing. The number found.
  int Merge() {
    definers_.clear();
    int merged = 0;
    Replacements replaced;
    std::vector<ValueId> passed_by;
    for (Node& node : region_.nodes) {
      auto outer = PermutationOf(node);
      const Node* before = outer && !MovesNothing(*outer) ? Definer(node.inputs[0]) : nullptr;
      if (const auto inner = before == nullptr ? std::nullopt : PermutationOf(*before)) {
        for (int64_t& axis : *outer) axis = (*inner)[static_cast<size_t>(axis)];
        node.inputs[0] = before->inputs[0];
        node.attributes["perm"] = *outer;
        ++merged;
      }
      Define(node);
      if (!outer || !MovesNothing(*outer)) continue;
      passed_by.push_back(node.outputs[0]);
      replaced.Add(node.outputs[0], node.inputs[0]);
    }
    const UseCounts before(function_);
    replaced.Apply(function_);
    const UseCounts after(function_);
    for (ValueId id : passed_by) merged += before.of(id) == after.of(id) ? 0 : 1;  // a result stays
    uses_.clear();
    for (size_t v = 0; v < function_.values.size(); ++v) uses_.push_back(after.of(static_cast<ValueId>(v)));
    return merged;
  }

  // The permutation that every input of more than one element arrives by, when the node may run before it.
  std::optional<Permutation> SharedPermutation(const Node& node) {
    const Operator* page = catalog_.Find(node.op);
    const Elementwise* index = page == nullptr ? nullptr : std::get_if<Elementwise>(&page->index.value);
    if (index == nullptr || index->positional || node.outputs.size() != 1 || node.outputs[0] == kNoValue)
      return std::nullopt;
    const Type& out = function_.TypeOf(node.outputs[0]);
    std::optional<Permutation> shared;
    for (ValueId id : node.inputs) {
      if (id == kNoValue || Scalar(id) || IsSmallConstant(id)) continue;
      const Node* definer = Definer(id);
      const auto perm = definer == nullptr ? std::nullopt : PermutationOf(*definer);
      if (!perm || (shared && *shared != *perm) || Uses(id) != 1) return std::nullopt;
      const Type& type = function_.TypeOf(id);
      // No broadcast over the transposed, and no more bytes to move than before.
      if (!(type.shape == out.shape) || DTypeSize(out.dtype) > DTypeSize(type.dtype)) return std::nullopt;
      shared = perm;
    }
    return shared;
  }

  bool Scalar(ValueId id) const { return function_.TypeOf(id).ElementCount() == Dim(1); }
  // A constant that broadcasts along (a bias by channel): transposed by folding.
  bool IsSmallConstant(ValueId id) { return facts_.At(id).constant.defined(); }

  int TransposedInputs(const Node& node) const {
    return static_cast<int>(std::ranges::count_if(node.inputs, [&](ValueId id) {
      const Node* definer = id == kNoValue ? nullptr : Definer(id);
      return definer != nullptr && definer->op == "Transpose";
    }));
  }

  // Follows the only reader of a value through element-wise nodes to a transpose.
  bool MeetsTranspose(ValueId value) {
    while (Uses(value) == 1) {
      const auto found = readers_.find(value);
      if (found == readers_.end()) return false;  // a result, or read in a region
      const Node& node = *found->second;
      if (node.op == "Transpose" || TransposedInputs(node) > 0) return true;
      const Operator* page = catalog_.Find(node.op);
      if (page == nullptr || !std::holds_alternative<Elementwise>(page->index.value) ||
          node.outputs.size() != 1)
        return false;
      value = node.outputs[0];
    }
    return false;
  }

  // Nodes keep their places while others are put between them. The number of nodes that were passed.
  int Sink() {
    std::list<Node> nodes(std::make_move_iterator(region_.nodes.begin()),
                          std::make_move_iterator(region_.nodes.end()));
    definers_.clear();
    readers_.clear();
    for (Node& node : nodes) {
      Define(node);
      for (ValueId id : node.inputs) {
        if (id != kNoValue) readers_[id] = &node;
      }
    }
    int sunk = 0;
    for (auto at = nodes.begin(); at != nodes.end(); ++at) {
      const auto perm = SharedPermutation(*at);
      if (!perm || (TransposedInputs(*at) < 2 && !MeetsTranspose(at->outputs[0]))) continue;
      SinkThrough(nodes, at, *perm);
      ++sunk;
    }
    region_.nodes.assign(std::make_move_iterator(nodes.begin()), std::make_move_iterator(nodes.end()));
    return sunk;
  }

  // y = f(T(x), c)  becomes  y = T(f(x, T'(c))), T' the inverse.
  void SinkThrough(std::list<Node>& nodes, std::list<Node>::iterator at, const Permutation& perm) {
    const Permutation inverse = Inverse(perm);
    Node& moved = *at;
    for (ValueId& id : moved.inputs) {
      if (id == kNoValue || Scalar(id)) continue;
      --Uses(id);
      if (const Node* definer = Definer(id); definer != nullptr && PermutationOf(*definer)) {
        id = definer->inputs[0];
        ++Uses(id);
        continue;
      }
      // Ranks are aligned first, as broadcasting would: leading ones.
      Tensor constant = facts_.At(id).constant;
      Dims dims(perm.size() - constant.rank(), 1);
      dims.insert(dims.end(), constant.dims().begin(), constant.dims().end());
      constant = *constant.Reshaped(std::move(dims));
      const Type type = constant.type();
      const std::string name = function_.values[static_cast<size_t>(id)].name;
      const ValueId known = Add(name, type);
      facts_.At(known) = {type, std::nullopt, constant};
      Define(*nodes.insert(at, MakeConstant(known, std::move(constant))));
      id = Add(name, Type::Tensor(type.dtype, Permuted(type.shape, inverse)));
      Define(*nodes.insert(at, MakeTranspose(known, id, inverse)));
      Uses(known) = 1;
      Uses(id) = 1;
    }
    const ValueId result = moved.outputs[0];
    const Type type = function_.TypeOf(result);
    const ValueId inner = Add(function_.values[static_cast<size_t>(result)].name,
                              Type::Tensor(type.dtype, Permuted(type.shape, inverse)));
    moved.outputs[0] = inner;
    Uses(inner) = 1;
    Define(moved);
    Node& after = *nodes.insert(std::next(at), MakeTranspose(inner, result, perm));
    Define(after);
    readers_[inner] = &after;
  }

  ValueId Add(const std::string& name, Type type) {
    const ValueId id = function_.AddValue(name, type);
    facts_.At(id).type = std::move(type);
    return id;
  }

  static Shape Permuted(const Shape& shape, const Permutation& by) {
    Shape permuted;
    for (int64_t axis : by) permuted.push_back(shape[static_cast<size_t>(axis)]);
    return permuted;
  }

  Function& function_;
  const OperatorCatalog& catalog_;
  Region& region_;
  InferenceState& facts_;
  std::unordered_map<ValueId, const Node*> definers_, readers_;
  std::vector<int> uses_;
};

Result<int> Run(PassContext& context) {
  TRY(InferenceState facts, InferFunctionTypes(context.module, context.function, context.catalog));
  int changes = 0;
  ForEachRegion(context.function.body, [&](Region& region) {
    if (std::ranges::any_of(region.nodes, [](const Node& n) { return n.op == "Transpose"; }))
      changes += Mover(context, region, facts).Run();
  });
  return changes;
}

}  // namespace

const Pass kMoveTransposesPass{"move_transposes", "Transposes move down until they meet, and cancel.", &Run};

}  // namespace sinter
