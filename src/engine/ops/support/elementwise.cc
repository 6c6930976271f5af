#include "engine/ops/support/elementwise.h"

#include <fmt/format.h>

#include "engine/ops/support/learned_bounds.h"

namespace sinter {

bool PassesWhereTypeStays(const NodeView&, std::span<const ValueFacts* const> inputs, const Type& output) {
  return inputs[0]->type == output;
}

Status InferSameAsInput(InferContext& c) {
  c.SetOutput(0, c.InputType(0));
  return {};
}

Status InferBoolLikeInput(InferContext& c) {
  c.SetOutput(0, DType::kBool, c.InputShape(0));
  return {};
}

namespace {

Status InferBroadcastAs(InferContext& c, DType dtype) {
  auto shape = BroadcastAndLearn(c, c.InputShape(0), c.InputShape(1));
  if (!shape) return c.Invalid(shape.error().message);
  c.SetOutput(0, dtype, *std::move(shape));
  return {};
}

}  // namespace

Status InferBroadcast(InferContext& c) { return InferBroadcastAs(c, c.InputDType(0)); }
Status InferBroadcastBool(InferContext& c) { return InferBroadcastAs(c, DType::kBool); }

Status InferBroadcastAll(InferContext& c) {
  Shape shape = c.InputShape(0);
  for (size_t i = 1; i < c.InputCount(); ++i) {
    auto next = BroadcastAndLearn(c, shape, c.InputShape(i));
    if (!next) return c.Invalid(next.error().message);
    shape = *std::move(next);
  }
  c.SetOutput(0, c.InputDType(0), std::move(shape));
  return {};
}

void PropagateContents(InferContext& c, Dim (*combine)(const Dim&, const Dim&)) {
  const bool counts = IsInteger(c.InputDType(0)) || c.InputDType(0) == DType::kBool;
  if (!counts || !c.Input(0).contents || !c.Input(1).contents) return;
  const std::vector<Dim>& a = *c.Input(0).contents;
  const std::vector<Dim>& b = *c.Input(1).contents;
  if (a.size() != b.size() && a.size() != 1 && b.size() != 1) return;
  std::vector<Dim> out;
  const size_t size = a.size() == 1 ? b.size() : a.size();  // one and none are none
  out.reserve(size);
  for (size_t i = 0; i < size; ++i) {
    out.push_back(combine(a[a.size() == 1 ? 0 : i], b[b.size() == 1 ? 0 : i]));
  }
  c.SetContents(0, std::move(out));
}

void SetBroadcastGradient(GradientContext& c, size_t i, ValueId gradient) {
  if (c.Needs(i)) c.SetInputGradient(i, c.b.SumToShapeOf(gradient, c.Input(i)));
}

}  // namespace sinter
