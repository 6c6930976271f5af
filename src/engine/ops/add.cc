#include "engine/ops/support/elementwise.h"

namespace sinter {
namespace {

struct Formula {
  template <class T>
  static T Apply(T a, T b, const NodeView&) {
    return static_cast<T>(a + b);
  }
};

Status Infer(InferContext& c) {
  TRY_STATUS(InferBroadcast(c));
  PropagateContents(c, [](const Dim& a, const Dim& b) { return a + b; });
  return {};
}

Status Differentiate(GradientContext& c) {
  SetBroadcastGradient(c, 0, c.OutputGradient(0));
  SetBroadcastGradient(c, 1, c.OutputGradient(0));
  return {};
}

constexpr Formal kInputs[] = {{"A", 'T', kNumeric}, {"B", 'T', kNumeric}};
constexpr Formal kOutputs[] = {{"C", 'T', kNumeric}};
constexpr std::string_view kSamples[] = {"A: T[N,M], B: T[N,M]", "A: T[N,M], B: T[M]",
                                         "A: T[N,1,K], B: T[M,1]"};

}  // namespace

const Operator& AddOperator() {
  static const Operator page{
      .name = "Add",
      .summary = "The sum of two tensors, broadcast.",
      .inputs = kInputs,
      .outputs = kOutputs,
      .attributes = std::span<const FormalAttribute>{},
      .infer = &Infer,
      .reference = (&BinaryReference<Formula, kNumeric>),
      .gradient = Gradient(&Differentiate),
      .index = IndexExpression(Elementwise{}),
      .structure = Primitive{},
      .algebra = {.commutative = true, .identity = 0, .left_identity = true},
      .samples = Samples(kSamples),
  };
  return page;
}

}  // namespace sinter
