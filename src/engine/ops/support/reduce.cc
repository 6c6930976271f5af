#include "engine/ops/support/reduce.h"

#include <algorithm>
#include <numeric>

namespace sinter {
namespace {

std::vector<size_t> AllAxes(size_t rank) {
  std::vector<size_t> axes(rank);
  std::iota(axes.begin(), axes.end(), size_t{0});
  return axes;
}

Result<std::vector<size_t>> AxesOf(const NodeView& node, std::span<const int64_t> given, size_t rank) {
  if (given.empty()) return node.Int("noop_with_empty_axes") != 0 ? std::vector<size_t>{} : AllAxes(rank);
  auto axes = NormaliseAxes(given, rank);
  if (!axes) return std::move(axes).error().In(node.Describe());
  return axes;
}

bool Contains(const std::vector<size_t>& axes, size_t axis) {
  return std::ranges::find(axes, axis) != axes.end();
}

}  // namespace

Status InferReduce(InferContext& c) {
  std::vector<int64_t> given;
  if (c.HasInput(1)) {
    TRY(given, KnownInts(c, 1));
  }
  const Shape& in = c.InputShape(0);
  TRY(const std::vector<size_t> axes, AxesOf(c, given, in.size()));
  Shape out;
  for (size_t i = 0; i < in.size(); ++i) {
    if (!Contains(axes, i))
      out.push_back(in[i]);
    else if (c.Int("keepdims") != 0)
      out.push_back(1);
  }
  c.SetOutput(0, c.InputDType(0), std::move(out));
  return {};
}

Result<ReducePlan> PlanReduce(ReferenceContext& c) {
  const Dims& in = c.Input(0).dims();
  ReducePlan plan;
  const std::vector<int64_t> given = c.HasInput(1) ? c.Input(1).ToInts() : std::vector<int64_t>{};
  TRY(plan.axes, AxesOf(c, given, in.size()));
  for (size_t i = 0; i < in.size(); ++i) {
    const bool reduced = Contains(plan.axes, i);
    plan.kept.push_back(reduced ? 1 : in[i]);
    if (reduced) plan.count *= in[i];
    if (!reduced)
      plan.out.push_back(in[i]);
    else if (c.Int("keepdims") != 0)
      plan.out.push_back(1);
  }
  return plan;
}

Result<ValueId> SpreadOverInput(GradientContext& c, ValueId reduced) {
  if (c.Int("keepdims") == 0) {
    std::vector<int64_t> given;
    if (c.HasInput(1)) {
      TRY(given, KnownInts(c, 1));
    }
    TRY(const std::vector<size_t> axes, AxesOf(c, given, c.InputType(0).Rank()));
    const std::vector<int64_t> restored(axes.begin(), axes.end());
    if (!restored.empty()) reduced = c.b.Op("Unsqueeze", {reduced, c.b.Ints(restored)});
  }
  return c.b.Op("Expand", {reduced, c.b.ShapeOf(c.Input(0))});
}

Status DifferentiateReducedExtreme(GradientContext& c) {
  TRY(const ValueId spread, SpreadOverInput(c, c.OutputGradient(0)));
  TRY(const ValueId result, SpreadOverInput(c, c.Output(0)));
  // Goes where the extreme stands; equal extremes each get the whole, which no finite difference can tell.
  const ValueId here =
      c.b.Op("Cast", {c.b.Op("Equal", {c.Input(0), result})}, {{"to", c.InputType(0).dtype}});
  c.SetInputGradient(0, c.b.Op("Mul", {spread, here}));
  return {};
}

}  // namespace sinter
