#include <cmath>

#include "engine/ops/support/elementwise.h"

namespace sinter {
namespace {

struct Formula {
  template <class T>
  static T Apply(T x, const NodeView&) {
    return x >= 0 ? 1 / (1 + std::exp(-x)) : std::exp(x) / (1 + std::exp(x));
  }
};

Status Differentiate(GradientContext& c) {
  const ValueId one = c.b.Scalar(c.InputType(0).dtype, 1);
  const ValueId slope = c.b.Op("Mul", {c.Output(0), c.b.Op("Sub", {one, c.Output(0)})});
  c.SetInputGradient(0, c.b.Op("Mul", {c.OutputGradient(0), slope}));
  return {};
}

constexpr Formal kInputs[] = {{"X", 'T', kFloats}};
constexpr Formal kOutputs[] = {{"Y", 'T', kFloats}};
constexpr std::string_view kSamples[] = {"X: T[N,M]"};

}  // namespace

const Operator& SigmoidOperator() {
  static const Operator page{
      .name = "Sigmoid",
      .summary = "1 / (1 + e^-x) of each element.",
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
