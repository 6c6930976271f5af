#include "engine/ops/support/elementwise.h"

namespace sinter {
namespace {

struct Formula {
  template <class T>
  static T Apply(T x, const NodeView&) {
    return static_cast<T>((x > T(0)) - (x < T(0)));
  }
};

constexpr Formal kInputs[] = {{"X", 'T', kSignedNumeric}};
constexpr Formal kOutputs[] = {{"Y", 'T', kSignedNumeric}};
constexpr std::string_view kSamples[] = {"X: T[N,M] distinct"};

}  // namespace

const Operator& SignOperator() {
  static const Operator page{
      .name = "Sign",
      .summary = "-1, 0 or 1 by the sign of each element.",
      .inputs = kInputs,
      .outputs = kOutputs,
      .attributes = std::span<const FormalAttribute>{},
      .infer = &InferSameAsInput,
      .reference = (&UnaryReference<Formula, kSignedNumeric>),
      .gradient = Gradient(NoGradient{"piecewise constant: its derivative is zero wherever it exists"}),
      .index = IndexExpression(Elementwise{}),
      .structure = Primitive{},
      .algebra = {.idempotent = true},
      .samples = Samples(kSamples),
  };
  return page;
}

}  // namespace sinter
