#include <algorithm>

#include "engine/ops/support/elementwise.h"

namespace sinter {
namespace {

struct Formula {
  template <class T>
  static T Apply(T x, const NodeView&) {
    return x * std::max(0.0, std::min(1.0, x / 6 + 0.5));
  }
};

Status Lower(LoweringContext& c) {
  const ValueId gate = c.b.Op("HardSigmoid", {c.Input(0)}, {{"alpha", 1.0 / 6}, {"beta", 0.5}});
  c.results[0] = c.b.Op("Mul", {c.Input(0), gate});
  return {};
}

// 0 below -3, 1 above 3, x/3 + 1/2 between.
Status Differentiate(GradientContext& c) {
  auto number = [&](double v) { return c.b.Scalar(c.InputType(0).dtype, v); };
  const ValueId x = c.Input(0);
  const ValueId line = c.b.Op("Add", {c.b.Op("Mul", {x, number(1.0 / 3)}), number(0.5)});
  const ValueId above = c.b.Op("Where", {c.b.Op("Less", {x, number(3)}), line, number(1)});
  const ValueId slope = c.b.Op("Where", {c.b.Op("Greater", {x, number(-3)}), above, number(0)});
  c.SetInputGradient(0, c.b.Op("Mul", {c.OutputGradient(0), slope}));
  return {};
}

constexpr Formal kInputs[] = {{"X", 'T', kFloats}};
constexpr Formal kOutputs[] = {{"Y", 'T', kFloats}};
constexpr std::string_view kSamples[] = {"X: T[N,M] in -2.9..2.9", "X: T[N,M] in 3.1..5",
                                         "X: T[N] in -5..-3.1"};

}  // namespace

const Operator& HardSwishOperator() {
  static const Operator page{
      .name = "HardSwish",
      .summary = "x max(0, min(1, x/6 + 1/2)) of each element.",
      .inputs = kInputs,
      .outputs = kOutputs,
      .attributes = std::span<const FormalAttribute>{},
      .infer = &InferSameAsInput,
      .reference = (&UnaryReference<Formula, kFloats>),
      .gradient = Gradient(&Differentiate),
      .index = IndexExpression(Elementwise{}),
      .structure = (Composition{&Lower, {}}),
      .samples = Samples(kSamples),
  };
  return page;
}

}  // namespace sinter
