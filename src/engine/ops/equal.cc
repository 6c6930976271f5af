#include "engine/ops/support/elementwise.h"

namespace sinter {
namespace {

struct Formula {
  template <class T>
  static bool Apply(T a, T b, const NodeView&) {
    return a == b;
  }
};

constexpr Formal kInputs[] = {{"A", 'T', kAllPlain}, {"B", 'T', kAllPlain}};
constexpr Formal kOutputs[] = {{"C", '-', kBools}};
constexpr std::string_view kSamples[] = {"A: T[N,M] in -1..1, B: T[N,M] in -1..1", "A: T[N,M], B: T[M]"};

}  // namespace

const Operator& EqualOperator() {
  static const Operator page{
      .name = "Equal",
      .summary = "Whether the elements of two tensors are equal, broadcast.",
      .inputs = kInputs,
      .outputs = kOutputs,
      .attributes = std::span<const FormalAttribute>{},
      .infer = &InferBroadcastBool,
      .reference = (&BinaryReference<Formula, kAllPlain, bool>),
      .gradient = Gradient(NoGradient{"the output is no number"}),
      .index = IndexExpression(Elementwise{}),
      .structure = Primitive{},
      .algebra = {.commutative = true},
      .samples = Samples(kSamples),
  };
  return page;
}

}  // namespace sinter
