#include "engine/ops/support/elementwise.h"

namespace sinter {
namespace {

struct Formula {
  template <class T>
  static T Apply(T x, const NodeView&) {
    return x < T(0) ? static_cast<T>(-x) : x;
  }
};

Status Differentiate(GradientContext& c) {
  c.SetInputGradient(0, c.b.Op("Mul", {c.OutputGradient(0), c.b.Op("Sign", {c.Input(0)})}));
  return {};
}

constexpr Formal kInputs[] = {{"X", 'T', kSignedNumeric}};
constexpr Formal kOutputs[] = {{"Y", 'T', kSignedNumeric}};
constexpr std::string_view kSamples[] = {"X: T[N,M] distinct"};

}  // namespace

const Operator& AbsOperator() {
  static const Operator page{
      .name = "Abs",
      .summary = "The absolute value of each element.",
      .inputs = kInputs,
      .outputs = kOutputs,
      .attributes = std::span<const FormalAttribute>{},
      .infer = &InferSameAsInput,
      .reference = (&UnaryReference<Formula, kSignedNumeric>),
      .gradient = Gradient(&Differentiate),
      .index = IndexExpression(Elementwise{}),
      .structure = Primitive{},
      .algebra = {.idempotent = true},
      .samples = Samples(kSamples),
  };
  return page;
}

}  // namespace sinter
