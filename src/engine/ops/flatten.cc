#include <fmt/format.h>

#include "engine/ops/support/elementwise.h"
#include "engine/ops/support/shapes.h"

namespace sinter {
namespace {

Result<size_t> AxisOf(const NodeView& node, size_t rank) {
  const int64_t r = static_cast<int64_t>(rank), axis = node.Int("axis");
  if (axis < -r || axis > r)
    return InvalidArgument(fmt::format("{}: axis {} is outside [-{}, {}]", node.Describe(), axis, r, r));
  return static_cast<size_t>(axis < 0 ? axis + r : axis);
}

Status Infer(InferContext& c) {
  const Shape& in = c.InputShape(0);
  TRY(const size_t axis, AxisOf(c, in.size()));
  Dim rows = 1, columns = 1;
  for (size_t i = 0; i < in.size(); ++i) (i < axis ? rows : columns) = (i < axis ? rows : columns) * in[i];
  c.SetOutput(0, c.InputDType(0), {rows, columns});
  return {};
}

Status Evaluate(ReferenceContext& c) {
  const Dims& in = c.Input(0).dims();
  TRY(const size_t axis, AxisOf(c, in.size()));
  return CopyAs(c, {Product(in, 0, axis), Product(in, axis, in.size())});
}

Status Differentiate(GradientContext& c) {
  if (c.Needs(0)) c.SetInputGradient(0, ReshapeLike(c.b, c.OutputGradient(0), c.Input(0)));
  return {};
}

constexpr Formal kInputs[] = {{"input", 'T', kAnyDType}};
constexpr Formal kOutputs[] = {{"output", 'T', kAnyDType}};
constexpr FormalAttribute kAttributes[] = {
    {"axis", AttributeKind::kInt, false, "1", "first dimension of the columns"}};
constexpr std::string_view kSamples[] = {"input: T[N,M,K]", "input: T[N,M,K] | axis=-1",
                                         "input: T[N,M] | axis=0"};

}  // namespace

const Operator& FlattenOperator() {
  static const Operator page{
      .name = "Flatten",
      .summary = "The input as a matrix: dimensions before the axis, and those from it on.",
      .inputs = kInputs,
      .outputs = kOutputs,
      .attributes = kAttributes,
      .infer = &Infer,
      .reference = &Evaluate,
      .gradient = Gradient(&Differentiate),
      .index = IndexExpression(Movement{}),
      .structure = Primitive{},
      .view = true,
      .samples = Samples(kSamples),
  };
  return page;
}

}  // namespace sinter
