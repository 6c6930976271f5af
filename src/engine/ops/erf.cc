#include <cmath>
#include <numbers>

#include "engine/ops/support/elementwise.h"

namespace sinter {
namespace {

struct Formula {
  template <class T>
  static T Apply(T x, const NodeView&) {
    return std::erf(x);
  }
};

Status Differentiate(GradientContext& c) {
  // d erf(x)/dx = 2/sqrt(pi) exp(-x^2)
  const ValueId scale = c.b.Scalar(c.InputType(0).dtype, 2 * std::numbers::inv_sqrtpi);
  const ValueId bell = c.b.Op("Exp", {c.b.Op("Neg", {c.b.Op("Mul", {c.Input(0), c.Input(0)})})});
  c.SetInputGradient(0, c.b.Op("Mul", {c.OutputGradient(0), c.b.Op("Mul", {bell, scale})}));
  return {};
}

constexpr Formal kInputs[] = {{"X", 'T', kFloats}};
constexpr Formal kOutputs[] = {{"Y", 'T', kFloats}};
constexpr std::string_view kSamples[] = {"X: T[N,M]"};

}  // namespace

const Operator& ErfOperator() {
  static const Operator page{
      .name = "Erf",
      .summary = "The error function of each element.",
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
