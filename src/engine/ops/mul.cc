#include "engine/ops/support/elementwise.h"

namespace sinter {
namespace {

struct Formula {
  template <class T>
  static T Apply(T a, T b, const NodeView&) {
    return static_cast<T>(a * b);
  }
};

Status Infer(InferContext& c) {
  TRY_STATUS(InferBroadcast(c));
  PropagateContents(c, [](const Dim& a, const Dim& b) { return a * b; });
  return {};
}

Status Differentiate(GradientContext& c) {
  if (c.Needs(0)) SetBroadcastGradient(c, 0, c.b.Op("Mul", {c.OutputGradient(0), c.Input(1)}));
  if (c.Needs(1)) SetBroadcastGradient(c, 1, c.b.Op("Mul", {c.OutputGradient(0), c.Input(0)}));
  return {};
}

constexpr Formal kInputs[] = {{"A", 'T', kNumeric}, {"B", 'T', kNumeric}};
constexpr Formal kOutputs[] = {{"C", 'T', kNumeric}};
constexpr std::string_view kSamples[] = {"A: T[N,M], B: T[N,M]", "A: T[N,M], B: T[M]",
                                         "A: T[N,1,K], B: T[M,1]"};

}  // namespace

const Operator& MulOperator() {
  static const Operator page{
      .name = "Mul",
      .summary = "The product of two tensors, broadcast.",
      .inputs = kInputs,
      .outputs = kOutputs,
      .attributes = std::span<const FormalAttribute>{},
      .infer = &Infer,
      .reference = (&BinaryReference<Formula, kNumeric>),
      .gradient = Gradient(&Differentiate),
      .index = IndexExpression(Elementwise{}),
      .structure = Primitive{},
      .algebra = {.commutative = true, .identity = 1, .left_identity = true},
      .samples = Samples(kSamples),
  };
  return page;
}

}  // namespace sinter
