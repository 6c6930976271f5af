#include "engine/ops/support/elementwise.h"

namespace sinter {
namespace {

struct Formula {
  template <class T>
  static T Apply(T x, const NodeView&) {
    return x > T(0) ? x : T(0);
  }
};

Status Differentiate(GradientContext& c) {
  // The output tells the sign of the input, and lets the input go early.
  c.SetInputGradient(0, c.b.Op("sinter.ReluGrad", {c.OutputGradient(0), c.Output(0)}));
  return {};
}

constexpr Formal kInputs[] = {{"X", 'T', kSignedNumeric}};
constexpr Formal kOutputs[] = {{"Y", 'T', kSignedNumeric}};
constexpr std::string_view kSamples[] = {"X: T[N,M] distinct"};

}  // namespace

const Operator& ReluOperator() {
  static const Operator page{
      .name = "Relu",
      .summary = "Each element, or zero where it is negative.",
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
