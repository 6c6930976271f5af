#include "engine/ops/support/elementwise.h"

namespace sinter {
namespace {

struct Formula {
  template <class T>
  static T Apply(T x, const NodeView&) {
    return x;
  }
};

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
      .infer = &InferSameAsInput,
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
