#include <cmath>

#include "engine/ops/support/elementwise.h"

namespace sinter {
namespace {

struct Formula {
  template <class T>
  static T Apply(T x, const NodeView&) {
    return std::sqrt(x);
  }
};

Status Differentiate(GradientContext& c) {
  const ValueId half = c.b.Scalar(c.InputType(0).dtype, 0.5);
  c.SetInputGradient(0, c.b.Op("Div", {c.b.Op("Mul", {c.OutputGradient(0), half}), c.Output(0)}));
  return {};
}

constexpr Formal kInputs[] = {{"X", 'T', kFloats}};
constexpr Formal kOutputs[] = {{"Y", 'T', kFloats}};
constexpr std::string_view kSamples[] = {"X: T[N,M] in 0.3..4"};

}  // namespace

const Operator& SqrtOperator() {
  static const Operator page{
      .name = "Sqrt",
      .summary = "The square root of each element.",
      .inputs = kInputs,
      .outputs = kOutputs,
      .attributes = std::span<const FormalAttribute>{},
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
