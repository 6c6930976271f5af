#include <cmath>

#include "engine/ops/support/elementwise.h"

namespace sinter {
namespace {

struct Formula {
  template <class T>
  static T Apply(T x, const NodeView& node) {
    return x < 0 ? node.Float("alpha") * std::expm1(x) : x;
  }
};

Status Differentiate(GradientContext& c) {
  const DType dtype = c.InputType(0).dtype;
  const ValueId positive = c.b.Op("Greater", {c.Input(0), c.b.Scalar(dtype, 0)});
  const ValueId tail = c.b.Op("Add", {c.Output(0), c.b.Scalar(dtype, c.Float("alpha"))});
  const ValueId slope = c.b.Op("Where", {positive, c.b.Scalar(dtype, 1), tail});
  c.SetInputGradient(0, c.b.Op("Mul", {c.OutputGradient(0), slope}));
  return {};
}

constexpr Formal kInputs[] = {{"X", 'T', kFloats}};
constexpr Formal kOutputs[] = {{"Y", 'T', kFloats}};
constexpr FormalAttribute kAttributes[] = {
    {"alpha", AttributeKind::kFloat, false, "1.0", "the limit of the negative side"}};
constexpr std::string_view kSamples[] = {"X: T[N,M] distinct", "X: T[N] distinct | alpha=0.5"};

}  // namespace

const Operator& EluOperator() {
  static const Operator page{
      .name = "Elu",
      .summary = "Each element, or alpha (e^x - 1) where it is negative.",
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
