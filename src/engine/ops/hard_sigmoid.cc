#include <algorithm>

#include "engine/ops/support/elementwise.h"

namespace sinter {
namespace {

struct Formula {
  template <class T>
  static T Apply(T x, const NodeView& node) {
    return std::max(0.0, std::min(1.0, node.Float("alpha") * x + node.Float("beta")));
  }
};

Status Differentiate(GradientContext& c) {
  const DType dtype = c.InputType(0).dtype;
  const ValueId above = c.b.Op("Greater", {c.Output(0), c.b.Scalar(dtype, 0)});
  const ValueId below = c.b.Op("Less", {c.Output(0), c.b.Scalar(dtype, 1)});
  const ValueId inside = c.b.Op("And", {above, below});
  const ValueId slope = c.b.Op("Where", {inside, c.b.Scalar(dtype, c.Float("alpha")), c.b.Scalar(dtype, 0)});
  c.SetInputGradient(0, c.b.Op("Mul", {c.OutputGradient(0), slope}));
  return {};
}

constexpr Formal kInputs[] = {{"X", 'T', kFloats}};
constexpr Formal kOutputs[] = {{"Y", 'T', kFloats}};
constexpr FormalAttribute kAttributes[] = {{"alpha", AttributeKind::kFloat, false, "0.2", "slope"},
                                           {"beta", AttributeKind::kFloat, false, "0.5", "value at zero"}};
constexpr std::string_view kSamples[] = {"X: T[N,M] in -2..2"};

}  // namespace

const Operator& HardSigmoidOperator() {
  static const Operator page{
      .name = "HardSigmoid",
      .summary = "max(0, min(1, alpha x + beta)) of each element.",
      .inputs = kInputs,
      .outputs = kOutputs,
      .attributes = kAttributes,
      .infer = &InferSameAsInput,
      .reference = (&UnaryReference<Formula, kFloats>),
      .gradient = Gradient(&Differentiate),
      .index = IndexExpression(Elementwise{}),
      .structure = Primitive{},
      .samples = Samples(kSamples),
  };
  return page;
}

}  // namespace sinter
