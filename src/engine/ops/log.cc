#include <cmath>

#include "engine/ops/support/elementwise.h"

namespace sinter {
namespace {

struct Formula {
  template <class T>
  static T Apply(T x, const NodeView&) {
    return std::log(x);
  }
};

Status Differentiate(GradientContext& c) {
  c.SetInputGradient(0, c.b.Op("Div", {c.OutputGradient(0), c.Input(0)}));
  return {};
}

constexpr Formal kInputs[] = {{"X", 'T', kFloats}};
constexpr Formal kOutputs[] = {{"Y", 'T', kFloats}};
constexpr std::string_view kSamples[] = {"X: T[N,M] in 0.3..4"};

}  // namespace

const Operator& LogOperator() {
  static const Operator page{
      .name = "Log",
      .summary = "The natural logarithm of each element.",
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
