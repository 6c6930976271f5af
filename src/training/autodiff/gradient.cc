#include "training/autodiff/gradient.h"

#include <algorithm>
#include <ranges>

#include <fmt/format.h>

#include "engine/graph/operator.h"

namespace sinter {
namespace {

// Which values carry a derivative: floating-point tensors that depend on a target.
std::vector<bool> ReachedFrom(const Function& function, std::span<const ValueId> targets) {
  std::vector<bool> reached(function.values.size(), false);
  for (ValueId id : targets) reached[static_cast<size_t>(id)] = true;
  for (const Node& node : function.body.nodes) {
    auto carries = [&](ValueId id) { return id != kNoValue && reached[static_cast<size_t>(id)]; };
    bool any = std::ranges::any_of(node.inputs, carries);
    for (const auto& [name, region] : node.regions) {
      ForEachNode(region,
                  [&](const Node& inner) { any = any || std::ranges::any_of(inner.inputs, carries); });
      any = any || std::ranges::any_of(region.results, carries);
    }
    if (!any) continue;
    for (ValueId id : node.outputs) {
      if (id == kNoValue) continue;
      const Type& type = function.TypeOf(id);
      reached[static_cast<size_t>(id)] = !type.IsTensor() || IsFloat(type.dtype);
    }
  }
  return reached;
}

class Differentiator {
 public:
  Differentiator(GraphBuilder& builder, std::span<const ValueId> targets)
      : b_(builder),
        reached_(ReachedFrom(builder.function(), targets)),
        gradients_(reached_.size(), kNoValue) {}

  Result<std::vector<ValueId>> Run(ValueId loss, std::span<const ValueId> targets) {
    gradients_[static_cast<size_t>(loss)] = b_.Scalar(b_.TypeOf(loss).dtype, 1.0);
    // Copied: the builder appends to the same list, and the gradient contexts refer to the forward nodes.
    const std::vector<Node> forward(
        b_.function().body.nodes.begin(),
        b_.function().body.nodes.begin() + static_cast<ptrdiff_t>(forward_count_));
    for (const Node& node : std::views::reverse(forward)) TRY_STATUS(Visit(node));
    std::vector<ValueId> results;
    for (ValueId target : targets) {
      ValueId gradient = gradients_[static_cast<size_t>(target)];
      if (gradient == kNoValue) gradient = ZerosLike(target);
      results.push_back(gradient);
    }
    TRY_STATUS(b_.status());
    return results;
  }

 private:
  ValueId GradientOf(ValueId id) const {
    return id == kNoValue || static_cast<size_t>(id) >= gradients_.size()
               ? kNoValue
               : gradients_[static_cast<size_t>(id)];
  }

  ValueId ZerosLike(ValueId id) {
    return b_.Op("Mul", {id, b_.Scalar(b_.TypeOf(id).dtype, 0.0)}, {}, "zero_gradient");
  }

  Status Visit(const Node& node) {
    std::vector<ValueId> output_gradients;
    output_gradients.reserve(node.outputs.size());
    for (ValueId id : node.outputs) output_gradients.push_back(GradientOf(id));
    if (std::ranges::all_of(output_gradients, [](ValueId id) { return id == kNoValue; })) return {};
    std::vector<bool> needs;
    needs.reserve(node.inputs.size());
    for (ValueId id : node.inputs) needs.push_back(id != kNoValue && reached_[static_cast<size_t>(id)]);
    const bool inside = std::ranges::any_of(
        node.outputs, [&](ValueId id) { return id != kNoValue && reached_[static_cast<size_t>(id)]; });
    if (!inside) return {};
    const Operator* page = b_.catalog().Find(node.op);
    if (page == nullptr) return Internal(fmt::format("{}: no such operator", node.op));
    GradientContext context(node, *page, b_, output_gradients, needs);
    const Gradient& gradient = page->gradient;
    if (const auto* none = std::get_if<NoGradient>(&gradient)) {
      return Unsupported(
          fmt::format("{}: no gradient flows through this operator: {}", context.Describe(), none->reason),
          "train only what comes after it, or replace the layer");
    }
    TRY_STATUS(std::get<GradientFunction>(gradient)(context));
    TRY_STATUS(b_.status());
    for (size_t i = 0; i < node.inputs.size(); ++i) {
      if (needs[i] && context.input_gradients()[i] != kNoValue)
        Accumulate(node.inputs[i], context.input_gradients()[i]);
    }
    return {};
  }

  void Accumulate(ValueId id, ValueId gradient) {
    ValueId& sum = gradients_[static_cast<size_t>(id)];
    sum = sum == kNoValue ? gradient : b_.Op("Add", {sum, gradient}, {}, "gradient_sum");
  }

  GraphBuilder& b_;
  const size_t forward_count_ = b_.function().body.nodes.size();
  std::vector<bool> reached_;
  std::vector<ValueId> gradients_;  // of the forward values alone
};

}  // namespace

Result<std::vector<ValueId>> AppendGradients(GraphBuilder& builder, ValueId loss,
                                             std::span<const ValueId> targets) {
  TRY_STATUS(builder.status());
  const Type& type = builder.TypeOf(loss);
  const std::string& name = builder.function().values[static_cast<size_t>(loss)].name;
  if (!type.IsTensor() || !IsFloat(type.dtype) || type.Rank() != 0) {
    return InvalidArgument(
        fmt::format("the loss %{} is {}; a gradient needs a floating-point scalar", name, type.ToString()),
        "reduce it to one number, by its mean");
  }
  for (const Node& node : builder.function().body.nodes) {
    if (node.op == kCallOp) return InvalidArgument("calls must be inlined before differentiation");
  }
  return Differentiator(builder, targets).Run(loss, targets);
}

}  // namespace sinter
