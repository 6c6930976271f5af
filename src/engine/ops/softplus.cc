#include <algorithm>
#include <cmath>

#include "engine/ops/support/elementwise.h"

namespace sinter {
namespace {

struct Formula {
  template <class T>
  static T Apply(T x, const NodeView&) {
    return std::max(x, 0.0) + std::log1p(std::exp(-std::abs(x)));
  }
};

Status Differentiate(GradientContext& c) {
  c.SetInputGradient(0, c.b.Op("Mul", {c.OutputGradient(0), c.b.Op("Sigmoid", {c.Input(0)})}));
  return {};
}

constexpr Formal kInputs[] = {{"X", 'T', kFloats}};
constexpr Formal kOutputs[] = {{"Y", 'T', kFloats}};
constexpr std::string_view kSamples[] = {"X: T[N,M]"};

}  // namespace

const Operator& SoftplusOperator() {
  static const Operator page{
      .name = "Softplus",
      .summary = "log(1 + e^x) of each element.",
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
