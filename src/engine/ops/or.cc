#include "engine/ops/support/elementwise.h"

namespace sinter {
namespace {

struct Formula {
  template <class T>
  static T Apply(T a, T b, const NodeView&) {
    return a || b;
  }
};

Status Infer(InferContext& c) {
  TRY_STATUS(InferBroadcast(c));
  PropagateContents(c, [](const Dim& a, const Dim& b) { return sinter::Max(a, b); });
  return {};
}

constexpr Formal kInputs[] = {{"A", 'T', kBools}, {"B", 'T', kBools}};
constexpr Formal kOutputs[] = {{"C", 'T', kBools}};
constexpr std::string_view kSamples[] = {"A: bool[N,M], B: bool[N,M]", "A: bool[N,M], B: bool[M]"};

}  // namespace

const Operator& OrOperator() {
  static const Operator page{
      .name = "Or",
      .summary = "Logical or of two tensors, broadcast.",
      .inputs = kInputs,
      .outputs = kOutputs,
      .attributes = std::span<const FormalAttribute>{},
      .infer = &Infer,
      .reference = (&BinaryReference<Formula, kBools>),
      .gradient = Gradient(NoGradient{"the inputs are no numbers"}),
      .index = IndexExpression(Elementwise{}),
      .structure = Primitive{},
      .algebra = {.commutative = true},
      .samples = Samples(kSamples),
  };
  return page;
}

}  // namespace sinter
