#include <cmath>
#include <numbers>

#include "engine/ops/support/elementwise.h"

namespace sinter {
namespace {

// The tanh form: Hendrycks and Gimpel, arXiv:1606.08415, section 2.
constexpr double kCubic = 0.044715;
const double kSlope = std::sqrt(2 / std::numbers::pi);

Result<bool> UsesTanh(const NodeView& node) {
  const std::string form = node.String("approximate");
  if (form == "none") return false;
  if (form == "tanh") return true;
  return InvalidArgument(node.Describe() + ": approximate must be none or tanh");
}

Status Infer(InferContext& c) {
  TRY([[maybe_unused]] const bool tanh, UsesTanh(c));
  return InferSameAsInput(c);
}

Status Evaluate(ReferenceContext& c) {
  const Tensor& in = c.Input(0);
  TRY(Tensor out, c.Output(0, in.dtype(), in.dims()));
  TRY(const bool tanh, UsesTanh(c));
  DispatchIn<kFloats>(in.dtype(), [&]<class T>() {
    const auto x = in.data<T>();
    auto y = out.mutable_data<T>();
    for (size_t i = 0; i < x.size(); ++i) {
      const double v = Widen(x[i]);
      const double share = tanh ? std::tanh(kSlope * (v + kCubic * v * v * v)) : std::erf(v / std::sqrt(2.0));
      y[i] = Narrow<T>(0.5 * v * (1 + share));
    }
  });
  return {};
}

// 1 + tanh(...) or 1 + erf(...) of x.
ValueId OnePlusShare(GraphBuilder& b, ValueId x, bool tanh) {
  const DType dtype = b.TypeOf(x).dtype;
  auto number = [&](double v) { return b.Scalar(dtype, v); };
  if (!tanh) {
    const ValueId scaled = b.Op("Mul", {x, number(std::sqrt(0.5))});
    return b.Op("Add", {b.Op("Erf", {scaled}), number(1)});
  }
  const ValueId square = b.Op("Mul", {x, x});
  const ValueId cubic = b.Op("Mul", {b.Op("Mul", {square, x}), number(kCubic)});
  const ValueId inner = b.Op("Mul", {b.Op("Add", {x, cubic}), number(kSlope)});
  return b.Op("Add", {b.Op("Tanh", {inner}), number(1)});
}

Status Lower(LoweringContext& c) {
  TRY(const bool tanh, UsesTanh(c));
  const ValueId half = c.b.Op("Mul", {c.Input(0), c.b.Scalar(c.InputType(0).dtype, 0.5)});
  c.results[0] = c.b.Op("Mul", {half, OnePlusShare(c.b, c.Input(0), tanh)});
  return {};
}

// (1 + s)/2 + x s'/2, where s' is 2 phi(x) of the normal density, or (1 - s^2) of tanh times its inner slope.
Status Differentiate(GradientContext& c) {
  GraphBuilder& b = c.b;
  TRY(const bool tanh, UsesTanh(c));
  const ValueId x = c.Input(0), one_plus = OnePlusShare(b, x, tanh);
  auto number = [&](double v) { return b.Scalar(c.InputType(0).dtype, v); };
  const ValueId square = b.Op("Mul", {x, x});
  ValueId slope = kNoValue;
  if (tanh) {
    // 1 - s^2 = (1 + s) (2 - (1 + s)).
    const ValueId outer = b.Op("Mul", {one_plus, b.Op("Sub", {number(2), one_plus})});
    const ValueId inner = b.Op("Add", {b.Op("Mul", {square, number(3 * kCubic * kSlope)}), number(kSlope)});
    slope = b.Op("Mul", {outer, inner});
  } else {
    const ValueId density = b.Op("Exp", {b.Op("Mul", {square, number(-0.5)})});
    slope = b.Op("Mul", {density, number(kSlope)});
  }
  const ValueId twice = b.Op("Add", {one_plus, b.Op("Mul", {x, slope})});
  c.SetInputGradient(0, b.Op("Mul", {c.OutputGradient(0), b.Op("Mul", {twice, number(0.5)})}));
  return {};
}

constexpr Formal kInputs[] = {{"X", 'T', kFloats}};
constexpr Formal kOutputs[] = {{"Y", 'T', kFloats}};
constexpr FormalAttribute kAttributes[] = {
    {"approximate", AttributeKind::kString, false, "\"none\"", "none, or tanh"}};
constexpr std::string_view kSamples[] = {"X: T[N,M]", "X: T[N,M] | approximate=\"tanh\""};

}  // namespace

const Operator& GeluOperator() {
  static const Operator page{
      .name = "Gelu",
      .summary = "x times the normal distribution function at x, exact or by a tanh.",
      .inputs = kInputs,
      .outputs = kOutputs,
      .attributes = kAttributes,
      .infer = &Infer,
      .reference = &Evaluate,
      .gradient = Gradient(&Differentiate),
      .index = IndexExpression(Elementwise{}),
      .structure = (Composition{&Lower, {}}),
      .samples = Samples(kSamples),
  };
  return page;
}

}  // namespace sinter
