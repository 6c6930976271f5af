#include "engine/ops/support/elementwise.h"

namespace sinter {
namespace {

struct Formula {
  template <class T>
  static T Apply(T x, const NodeView&) {
    return T(1) / x;
  }
};

Status Differentiate(GradientContext& c) {
  const ValueId square = c.b.Op("Mul", {c.Output(0), c.Output(0)});
  c.SetInputGradient(0, c.b.Op("Neg", {c.b.Op("Mul", {c.OutputGradient(0), square})}));
  return {};
}

constexpr Formal kInputs[] = {{"X", 'T', kFloats}};
constexpr Formal kOutputs[] = {{"Y", 'T', kFloats}};
constexpr std::string_view kSamples[] = {"X: T[N,M] in 0.4..3"};

}  // namespace

const Operator& ReciprocalOperator() {
  static const Operator page{
      .name = "Reciprocal",
      .summary = "One divided by each element.",
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
