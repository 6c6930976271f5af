#include "engine/ops/support/elementwise.h"

namespace sinter {
namespace {

struct Formula {
  template <class T>
  static T Apply(T x, const NodeView&) {
    return x;
  }
};

Status Infer(InferContext& c) {
  TRY_STATUS(InferSameAsInput(c));
  if (c.Input(0).contents) c.SetContents(0, *c.Input(0).contents);
  return {};
}

Status Differentiate(GradientContext& c) {
  c.SetInputGradient(0, c.OutputGradient(0));
  return {};
}

constexpr Formal kInputs[] = {{"X", 'T', kAllPlain}};
constexpr Formal kOutputs[] = {{"Y", 'T', kAllPlain}};
constexpr std::string_view kSamples[] = {"X: T[N,M]"};

}  // namespace

const Operator& IdentityOperator() {
  static const Operator page{
      .name = "Identity",
      .summary = "Each element as it is.",
      .inputs = kInputs,
      .outputs = kOutputs,
      .attributes = std::span<const FormalAttribute>{},
      .infer = &Infer,
      .reference = (&UnaryReference<Formula, kAllPlain>),
      .gradient = Gradient(&Differentiate),
      .index = IndexExpression(Elementwise{}),
      .structure = Primitive{},
      .algebra = {.idempotent = true, .involution = true},
      .view = true,
      .samples = Samples(kSamples),
  };
  return page;
}

}  // namespace sinter
