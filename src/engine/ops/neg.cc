#include "engine/ops/support/elementwise.h"

namespace sinter {
namespace {

struct Formula {
  template <class T>
  static T Apply(T x, const NodeView&) {
    return static_cast<T>(-x);
  }
};

Status Infer(InferContext& c) {
  TRY_STATUS(InferSameAsInput(c));
  if (!c.Input(0).contents || !IsInteger(c.InputDType(0))) return {};
  std::vector<Dim> contents;
  for (const Dim& dim : *c.Input(0).contents) contents.push_back(Dim(0) - dim);
  c.SetContents(0, std::move(contents));
  return {};
}

Status Differentiate(GradientContext& c) {
  c.SetInputGradient(0, c.b.Op("Neg", {c.OutputGradient(0)}));
  return {};
}

constexpr Formal kInputs[] = {{"X", 'T', kSignedNumeric}};
constexpr Formal kOutputs[] = {{"Y", 'T', kSignedNumeric}};
constexpr std::string_view kSamples[] = {"X: T[N,M]"};

}  // namespace

const Operator& NegOperator() {
  static const Operator page{
      .name = "Neg",
      .summary = "The negative of each element.",
      .inputs = kInputs,
      .outputs = kOutputs,
      .attributes = std::span<const FormalAttribute>{},
      .infer = &Infer,
      .reference = (&UnaryReference<Formula, kSignedNumeric>),
      .gradient = Gradient(&Differentiate),
      .index = IndexExpression(Elementwise{}),
      .structure = Primitive{},
      .algebra = {.involution = true},
      .samples = Samples(kSamples),
  };
  return page;
}

}  // namespace sinter
