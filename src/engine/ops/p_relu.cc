#include "engine/ops/support/elementwise.h"

namespace sinter {
namespace {

struct Formula {
  template <class T>
  static T Apply(T x, T slope, const NodeView&) {
    return x < T(0) ? static_cast<T>(slope * x) : x;
  }
};

Status Infer(InferContext& c) {
  auto shape = BroadcastShapes(c.InputShape(0), c.InputShape(1));
  if (!shape || !(*shape == c.InputShape(0)))
    return c.Invalid("the slope " + c.InputType(1).ToString() + " does not broadcast to " +
                     c.InputType(0).ToString());
  return InferSameAsInput(c);
}

ValueId Negative(GraphBuilder& b, ValueId x) { return b.Op("Less", {x, b.Scalar(b.TypeOf(x).dtype, 0)}); }

Status Lower(LoweringContext& c) {
  const ValueId x = c.Input(0);
  c.results[0] = c.b.Op("Where", {Negative(c.b, x), c.b.Op("Mul", {x, c.Input(1)}), x});
  return {};
}

Status Differentiate(GradientContext& c) {
  GraphBuilder& b = c.b;
  const ValueId g = c.OutputGradient(0), below = Negative(b, c.Input(0));
  if (c.Needs(0)) c.SetInputGradient(0, b.Op("Where", {below, b.Op("Mul", {g, c.Input(1)}), g}));
  if (c.Needs(1)) {
    const ValueId part = b.Op("Mul", {g, c.Input(0)});
    SetBroadcastGradient(c, 1, b.Op("Where", {below, part, b.Scalar(c.InputType(0).dtype, 0)}));
  }
  return {};
}

constexpr Formal kInputs[] = {{"X", 'T', kFloats}, {"slope", 'T', kFloats}};
constexpr Formal kOutputs[] = {{"Y", 'T', kFloats}};
constexpr std::string_view kSamples[] = {"X: T[N,M] distinct, slope: T[M]",
                                         "X: T[N,C,M] distinct, slope: T[C,1]"};

}  // namespace

const Operator& PReluOperator() {
  static const Operator page{
      .name = "PRelu",
      .summary = "Each element, or slope times it where it is negative; the slope is broadcast to X.",
      .inputs = kInputs,
      .outputs = kOutputs,
      .attributes = std::span<const FormalAttribute>{},
      .infer = &Infer,
      .reference = (&BinaryReference<Formula, kFloats>),
      .gradient = Gradient(&Differentiate),
      .index = IndexExpression(Elementwise{}),
      .structure = (Composition{&Lower, {}}),
      .samples = Samples(kSamples),
  };
  return page;
}

}  // namespace sinter
