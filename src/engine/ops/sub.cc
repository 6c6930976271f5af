#include "engine/ops/support/elementwise.h"

namespace sinter {
namespace {

struct Formula {
  template <class T>
  static T Apply(T a, T b, const NodeView&) {
    return static_cast<T>(a - b);
  }
};

Status Infer(InferContext& c) {
  TRY_STATUS(InferBroadcast(c));
  PropagateContents(c, [](const Dim& a, const Dim& b) { return a - b; });
  return {};
}

Status Differentiate(GradientContext& c) {
  SetBroadcastGradient(c, 0, c.OutputGradient(0));
  if (c.Needs(1)) SetBroadcastGradient(c, 1, c.b.Op("Neg", {c.OutputGradient(0)}));
  return {};
}

constexpr Formal kInputs[] = {{"A", 'T', kNumeric}, {"B", 'T', kNumeric}};
constexpr Formal kOutputs[] = {{"C", 'T', kNumeric}};
constexpr std::string_view kSamples[] = {"A: T[N,M], B: T[N,M]", "A: T[N,M], B: T[M]",
                                         "A: T[N,1,K], B: T[M,1]"};

}  // namespace

const Operator& SubOperator() {
  static const Operator page{
      .name = "Sub",
      .summary = "The difference of two tensors, broadcast.",
      .inputs = kInputs,
      .outputs = kOutputs,
      .attributes = std::span<const FormalAttribute>{},
      .infer = &Infer,
      .reference = (&BinaryReference<Formula, kNumeric>),
      .gradient = Gradient(&Differentiate),
      .index = IndexExpression(Elementwise{}),
      .structure = Primitive{},
      .algebra = {.identity = 0},
      .samples = Samples(kSamples),
  };
  return page;
}

}  // namespace sinter
