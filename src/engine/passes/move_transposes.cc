// Transposes move down through element-wise nodes until they meet another one; two that meet are one, and one
// that moves nothing is none. Exporters write a pair around each layer when they change the layout.
#include <algorithm>
#include <numeric>
#include <optional>
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
  Mover(PassContext& context, Region& region)
      : module_(context.module), function_(context.function), catalog_(context.catalog), region_(region) {}

  Result<int> Run() {
    int changes = 0;
    while (true) {
      TRY(facts_, InferFunctionTypes(module_, function_, catalog_));
      definitions_ = Definitions(region_);
      const UseCounts uses(function_);
      uses_ = &uses;
      if (!Merge() && !Sink()) return changes;
      ++changes;
    }
  }

 private:
  const Node* Definer(ValueId id) const {
    const auto found = definitions_.find(id);
    return found == definitions_.end() ? nullptr : &region_.nodes[found->second];
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

  // A transpose of a transpose, or one that moves nothing. True when one was found.
  bool Merge() {
    for (Node& node : region_.nodes) {
      const auto outer = PermutationOf(node);
      if (!outer) continue;
      if (MovesNothing(*outer)) {
        if (uses_->of(node.outputs[0]) == 0) continue;
        Replacements replaced;
        replaced.Add(node.outputs[0], node.inputs[0]);
        replaced.Apply(function_);
        if (uses_->of(node.outputs[0]) == UseCounts(function_).of(node.outputs[0]))
          continue;  // a result stays
        return true;
      }
      const Node* before = Definer(node.inputs[0]);
      const auto inner = before == nullptr ? std::nullopt : PermutationOf(*before);
      if (!inner) continue;
      Permutation both;
      for (int64_t axis : *outer) both.push_back((*inner)[static_cast<size_t>(axis)]);
      node.inputs[0] = before->inputs[0];
      node.attributes["perm"] = std::move(both);
      return true;
    }
    return false;
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
      if (!perm || (shared && *shared != *perm) || uses_->of(id) != 1) return std::nullopt;
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
  bool MeetsTranspose(ValueId value, size_t from) const {
    for (size_t i = from; i < region_.nodes.size() && uses_->of(value) == 1; ++i) {
      const Node& node = region_.nodes[i];
      if (std::ranges::find(node.inputs, value) == node.inputs.end()) continue;
      if (node.op == "Transpose" || TransposedInputs(node) > 0) return true;
      const Operator* page = catalog_.Find(node.op);
      if (page == nullptr || !std::holds_alternative<Elementwise>(page->index.value) ||
          node.outputs.size() != 1)
        return false;
      value = node.outputs[0];
    }
    return false;
  }

  bool Sink() {
    for (size_t i = 0; i < region_.nodes.size(); ++i) {
      const auto perm = SharedPermutation(region_.nodes[i]);
      if (!perm) continue;
      if (TransposedInputs(region_.nodes[i]) < 2 && !MeetsTranspose(region_.nodes[i].outputs[0], i + 1))
        continue;
      SinkThrough(i, *perm);
      return true;
    }
    return false;
  }

  // y = f(T(x), c)  becomes  y = T(f(x, T'(c))), T' the inverse.
  void SinkThrough(size_t at, const Permutation& perm) {
    const Permutation inverse = Inverse(perm);
    std::vector<Node> before;
    Node moved = region_.nodes[at];
    for (ValueId& id : moved.inputs) {
      if (id == kNoValue || Scalar(id)) continue;
      if (const Node* definer = Definer(id); definer != nullptr && PermutationOf(*definer)) {
        id = definer->inputs[0];
        continue;
      }
      // Ranks are aligned first, as broadcasting would: leading ones.
      Tensor constant = facts_.At(id).constant;
      Dims dims(perm.size() - constant.rank(), 1);
      dims.insert(dims.end(), constant.dims().begin(), constant.dims().end());
      constant = *constant.Reshaped(std::move(dims));
      Type type = constant.type();
      const std::string name = function_.values[static_cast<size_t>(id)].name;
      before.push_back(MakeConstant(function_.AddValue(name, type), std::move(constant)));
      Shape shape;
      for (int64_t axis : inverse) shape.push_back(type.shape[static_cast<size_t>(axis)]);
      id = function_.AddValue(name, Type::Tensor(type.dtype, std::move(shape)));
      before.push_back(MakeTranspose(before.back().outputs[0], id, inverse));
    }
    const ValueId result = moved.outputs[0];
    const Type type = function_.TypeOf(result);
    Shape shape;
    for (int64_t axis : inverse) shape.push_back(type.shape[static_cast<size_t>(axis)]);
    const std::string name = function_.values[static_cast<size_t>(result)].name;
    moved.outputs[0] = function_.AddValue(name, Type::Tensor(type.dtype, std::move(shape)));
    const ValueId inner = moved.outputs[0];
    region_.nodes[at] = std::move(moved);
    const auto place = region_.nodes.begin() + static_cast<ptrdiff_t>(at);
    region_.nodes.insert(place + 1, MakeTranspose(inner, result, perm));
    region_.nodes.insert(region_.nodes.begin() + static_cast<ptrdiff_t>(at),
                         std::make_move_iterator(before.begin()), std::make_move_iterator(before.end()));
  }

  Module& module_;
  Function& function_;
  const OperatorCatalog& catalog_;
  Region& region_;
  InferenceState facts_;
  std::unordered_map<ValueId, size_t> definitions_;
  const UseCounts* uses_ = nullptr;
};

Result<int> Run(PassContext& context) {
  int changes = 0;
  Status status;
  ForEachRegion(context.function.body, [&](Region& region) {
    if (!status || std::ranges::none_of(region.nodes, [](const Node& n) { return n.op == "Transpose"; }))
      return;
    auto moved = Mover(context, region).Run();
    if (moved)
      changes += *moved;
    else
      status = std::move(moved).error();
  });
  TRY_STATUS(status);
  return changes;
}

}  // namespace

const Pass kMoveTransposesPass{"move_transposes", "Transposes move down until they meet, and cancel.", &Run};

}  // namespace sinter
