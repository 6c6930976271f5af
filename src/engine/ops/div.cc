#include "engine/ops/support/elementwise.h"

namespace sinter {
namespace {

struct Formula {
  template <class T>
  static T Apply(T a, T b, const NodeView&) {
    return Quotient(a, b);
  }
  template <class T>
  static T Quotient(T a, T b) {
    if constexpr (std::is_integral_v<T>) {
      if (b == 0) return 0;
      if constexpr (std::is_signed_v<T>) {
        // The least number has no positive twin: it stays what it is.
        if (b == T(-1)) return static_cast<T>(uint64_t{0} - static_cast<uint64_t>(a));
      }
      return static_cast<T>(a / b);
    }
    return a / b;
  }
};

Status Infer(InferContext& c) {
  TRY_STATUS(InferBroadcast(c));
  PropagateContents(c, [](const Dim& a, const Dim& b) {
    // Dimensions are not negative, so that both round alike; numbers may be anything.
    const auto x = a.Constant(), y = b.Constant();
    return x && y ? Dim(Formula::Quotient(*x, *y)) : FloorDiv(a, b);
  });
  return {};
}

Status Differentiate(GradientContext& c) {
  const ValueId gradient = c.b.Op("Div", {c.OutputGradient(0), c.Input(1)});
  SetBroadcastGradient(c, 0, gradient);
  // d(a/b)/db = -(a/b)/b
  if (c.Needs(1)) SetBroadcastGradient(c, 1, c.b.Op("Neg", {c.b.Op("Mul", {gradient, c.Output(0)})}));
  return {};
}

constexpr Formal kInputs[] = {{"A", 'T', kNumeric}, {"B", 'T', kNumeric}};
constexpr Formal kOutputs[] = {{"C", 'T', kNumeric}};
constexpr std::string_view kSamples[] = {"A: T[N,M], B: T[N,M] in 1..3", "A: T[N,M], B: T[M] in 1..3",
                                         "A: T[N,1,K], B: T[M,1] in 1..3"};

}  // namespace

const Operator& DivOperator() {
  static const Operator page{
      .name = "Div",
      .summary =
          "The quotient of two tensors, broadcast; integers truncate, and give 0 where the divisor is 0.",
      .inputs = kInputs,
      .outputs = kOutputs,
      .attributes = std::span<const FormalAttribute>{},
      .infer = &Infer,
      .reference = (&BinaryReference<Formula, kNumeric>),
      .gradient = Gradient(&Differentiate),
      .index = IndexExpression(Elementwise{}),
      .structure = Primitive{},
      .algebra = {.identity = 1},
      .samples = Samples(kSamples),
  };
  return page;
}

}  // namespace sinter
