#include "engine/ops/support/elementwise.h"

namespace sinter {
namespace {

struct Formula {
  template <class T>
  static T Apply(T x, const NodeView&) {
    return !x;
  }
};

constexpr Formal kInputs[] = {{"X", 'T', kBools}};
constexpr Formal kOutputs[] = {{"Y", 'T', kBools}};
constexpr std::string_view kSamples[] = {"X: T[N,M]"};

}  // namespace

const Operator& NotOperator() {
  static const Operator page{
      .name = "Not",
      .summary = "The negation of each truth value.",
      .inputs = kInputs,
      .outputs = kOutputs,
      .attributes = std::span<const FormalAttribute>{},
      .infer = &InferSameAsInput,
      .reference = (&UnaryReference<Formula, kBools>),
      .gradient = Gradient(NoGradient{"the input is no number"}),
      .index = IndexExpression(Elementwise{}),
      .structure = Primitive{},
      .algebra = {.involution = true},
      .samples = Samples(kSamples),
  };
  return page;
}

}  // namespace sinter
