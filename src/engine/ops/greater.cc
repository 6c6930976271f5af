#include "engine/ops/support/elementwise.h"

namespace sinter {
namespace {

struct Formula {
  template <class T>
  static bool Apply(T a, T b, const NodeView&) {
    return a > b;
  }
};

constexpr Formal kInputs[] = {{"A", 'T', kNumeric}, {"B", 'T', kNumeric}};
constexpr Formal kOutputs[] = {{"C", '-', kBools}};
constexpr std::string_view kSamples[] = {"A: T[N,M], B: T[N,M]", "A: T[N,M], B: T[M]"};

}  // namespace

const Operator& GreaterOperator() {
  static const Operator page{
      .name = "Greater",
      .summary = "Whether A > B, element by element, broadcast.",
      .inputs = kInputs,
      .outputs = kOutputs,
      .attributes = std::span<const FormalAttribute>{},
      .infer = &InferBroadcastBool,
      .reference = (&BinaryReference<Formula, kNumeric, bool>),
      .gradient = Gradient(NoGradient{"the output is no number"}),
      .index = IndexExpression(Elementwise{}),
      .structure = Primitive{},
      .samples = Samples(kSamples),
  };
  return page;
}

}  // namespace sinter
