#include <cmath>

#include "engine/ops/support/elementwise.h"

namespace sinter {
namespace {

struct Formula {
  template <class T>
  static T Apply(T x, const NodeView&) {
    return std::ceil(x);
  }
};

constexpr Formal kInputs[] = {{"X", 'T', kFloats}};
constexpr Formal kOutputs[] = {{"Y", 'T', kFloats}};
constexpr std::string_view kSamples[] = {"X: T[N,M]"};

}  // namespace

const Operator& CeilOperator() {
  static const Operator page{
      .name = "Ceil",
      .summary = "Each element rounded toward plus infinity.",
      .inputs = kInputs,
      .outputs = kOutputs,
      .attributes = std::span<const FormalAttribute>{},
      .infer = &InferSameAsInput,
      .reference = (&UnaryReference<Formula, kFloats>),
      .gradient = Gradient(NoGradient{"piecewise constant: its derivative is zero wherever it exists"}),
      .index = IndexExpression(Elementwise{}),
      .structure = Primitive{},
      .algebra = {.idempotent = true},
      .samples = Samples(kSamples),
  };
  return page;
}

}  // namespace sinter
