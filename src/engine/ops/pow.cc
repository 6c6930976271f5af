#include <cmath>

#include "engine/ops/support/elementwise.h"

namespace sinter {
namespace {

struct Formula {
  template <class T>
  static T Apply(T a, T b, const NodeView&) {
    return static_cast<T>(std::pow(a, b));
  }
};

Status Differentiate(GradientContext& c) {
  if (c.Needs(0)) {
    const ValueId one = c.b.Scalar(c.InputType(1).dtype, 1);
    const ValueId lower = c.b.Op("Pow", {c.Input(0), c.b.Op("Sub", {c.Input(1), one})});
    SetBroadcastGradient(c, 0, c.b.Op("Mul", {c.OutputGradient(0), c.b.Op("Mul", {c.Input(1), lower})}));
  }
  if (c.Needs(1)) {
    const ValueId slope = c.b.Op("Mul", {c.Output(0), c.b.Op("Log", {c.Input(0)})});
    SetBroadcastGradient(c, 1, c.b.Op("Mul", {c.OutputGradient(0), slope}));
  }
  return {};
}

constexpr Formal kInputs[] = {{"A", 'T', kFloats}, {"B", 'T', kFloats}};
constexpr Formal kOutputs[] = {{"C", 'T', kFloats}};
constexpr std::string_view kSamples[] = {"A: T[N,M] in 0.5..2, B: T[N,M]", "A: T[N,M] in 0.5..2, B: T[]"};

}  // namespace

const Operator& PowOperator() {
  static const Operator page{
      .name = "Pow",
      .summary = "A to the power of B, broadcast.",
      .inputs = kInputs,
      .outputs = kOutputs,
      .attributes = std::span<const FormalAttribute>{},
      .infer = &InferBroadcast,
      .reference = (&BinaryReference<Formula, kFloats>),
      .gradient = Gradient(&Differentiate),
      .index = IndexExpression(Elementwise{}),
      .structure = Primitive{},
      .algebra = {.identity = 1},
      .samples = Samples(kSamples),
  };
  return page;
}

}  // namespace sinter
