#include "engine/ops/support/elementwise.h"

namespace sinter {
namespace {

// Where the output of a Relu was positive, its gradient passes.
struct Formula {
  template <class T>
  static T Apply(T gradient, T output, const NodeView&) {
    return output > T(0) ? gradient : T(0);
  }
};

Status Differentiate(GradientContext& c) {
  if (c.Needs(0)) c.SetInputGradient(0, c.b.Op("sinter.ReluGrad", {c.OutputGradient(0), c.Input(1)}));
  return {};  // piecewise constant in the second input
}

constexpr Formal kInputs[] = {{"dY", 'T', kFloats}, {"Y", 'T', kFloats}};
constexpr Formal kOutputs[] = {{"dX", 'T', kFloats}};
constexpr std::string_view kSamples[] = {"dY: T[N,M], Y: T[N,M] distinct"};

}  // namespace

const Operator& ReluGradOperator() {
  static const Operator page{
      .name = "sinter.ReluGrad",
      .summary = "The gradient of Relu: dY where Y is positive, else 0.",
      .inputs = kInputs,
      .outputs = kOutputs,
      .attributes = std::span<const FormalAttribute>{},
      .infer = &InferBroadcast,
      .reference = (&BinaryReference<Formula, kFloats>),
      .gradient = Gradient(&Differentiate),
      .index = IndexExpression(Elementwise{}),
      .structure = Primitive{},
      .samples = Samples(kSamples),
  };
  return page;
}

}  // namespace sinter
