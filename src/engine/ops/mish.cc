#include <cmath>

#include "engine/ops/support/elementwise.h"

namespace sinter {
namespace {

struct Formula {
  template <class T>
  static T Apply(T x, const NodeView&) {
    const double softplus = std::max(x, 0.0) + std::log1p(std::exp(-std::abs(x)));
    return x * std::tanh(softplus);
  }
};

ValueId Gate(GraphBuilder& b, ValueId x) { return b.Op("Tanh", {b.Op("Softplus", {x})}); }

Status Lower(LoweringContext& c) {
  c.results[0] = c.b.Op("Mul", {c.Input(0), Gate(c.b, c.Input(0))});
  return {};
}

// t + x (1 - t^2) sigmoid(x), with t = tanh(softplus(x)).
Status Differentiate(GradientContext& c) {
  GraphBuilder& b = c.b;
  const ValueId x = c.Input(0), t = Gate(b, x);
  const ValueId fall = b.Op("Sub", {b.Scalar(c.InputType(0).dtype, 1), b.Op("Mul", {t, t})});
  const ValueId tail = b.Op("Mul", {b.Op("Mul", {x, fall}), b.Op("Sigmoid", {x})});
  c.SetInputGradient(0, b.Op("Mul", {c.OutputGradient(0), b.Op("Add", {t, tail})}));
  return {};
}

constexpr Formal kInputs[] = {{"X", 'T', kFloats}};
constexpr Formal kOutputs[] = {{"Y", 'T', kFloats}};
constexpr std::string_view kSamples[] = {"X: T[N,M]"};

}  // namespace

const Operator& MishOperator() {
  static const Operator page{
      .name = "Mish",
      .summary = "x tanh(log(1 + e^x)) of each element.",
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
