#include "engine/ops/support/elementwise.h"

namespace sinter {
namespace {

Status Infer(InferContext& c) {
  if (!(c.InputShape(1) == c.InputShape(0)) || !(c.InputShape(2) == c.InputShape(0)))
    return c.Invalid("weight, gradient and momentum need the same shape");
  if (!c.InputShape(3).empty()) return c.Invalid("the learning rate is a scalar");
  c.SetOutput(0, c.InputType(0));
  c.SetOutput(1, c.InputType(0));
  return {};
}

Status Evaluate(ReferenceContext& c) {
  const Tensor& w = c.Input(0);
  TRY(Tensor w_new, c.Output(0, w.dtype(), w.dims()));
  TRY(Tensor m_new, c.Output(1, w.dtype(), w.dims()));
  const double momentum = c.Float("momentum"), decay = c.Float("weight_decay"), rate = c.Input(3).AsDouble(0);
  const bool nesterov = c.Int("nesterov") != 0;
  DispatchIn<kFloats>(w.dtype(), [&]<class T>() {
    for (size_t i = 0; i < w.data<T>().size(); ++i) {
      const double g = Widen(c.Input(1).data<T>()[i]) + decay * Widen(w.data<T>()[i]);
      const double m = momentum * Widen(c.Input(2).data<T>()[i]) + g;
      const double old = Widen(w.data<T>()[i]);
      m_new.mutable_data<T>()[i] = Narrow<T>(m);
      w_new.mutable_data<T>()[i] = Narrow<T>(old - rate * (nesterov ? g + momentum * m : m));
    }
  });
  return {};
}

constexpr Formal kInputs[] = {
    {"W", 'T', kFloats}, {"dW", 'T', kFloats}, {"M", 'T', kFloats}, {"learning_rate", 'T', kFloats}};
constexpr Formal kOutputs[] = {{"W_new", 'T', kFloats}, {"M_new", 'T', kFloats}};
constexpr FormalAttribute kAttributes[] = {
    {"momentum", AttributeKind::kFloat, false, "0.9", "share of the old step"},
    {"nesterov", AttributeKind::kInt, false, "0", "1: look ahead"},
    {"weight_decay", AttributeKind::kFloat, false, "0.0", "L2"}};
constexpr std::string_view kSamples[] = {
    "W: T[N,M], dW: T[N,M], M: T[N,M], learning_rate: T[]",
    "W: T[N], dW: T[N], M: T[N], learning_rate: T[] | nesterov=1, weight_decay=0.1"};

}  // namespace

const Operator& MomentumUpdateOperator() {
  static const Operator page{
      .name = "sinter.MomentumUpdate",
      .summary =
          "One step of gradient descent with momentum: g = dW + decay W, m = momentum m + g, W -= lr m (or "
          "lr (g + momentum m) with nesterov).",
      .inputs = kInputs,
      .outputs = kOutputs,
      .attributes = kAttributes,
      .infer = &Infer,
      .reference = &Evaluate,
      .gradient = Gradient(NoGradient{"an update is where differentiation ends"}),
      .index = IndexExpression(Elementwise{}),
      .structure = Primitive{},
      .samples = Samples(kSamples),
  };
  return page;
}

}  // namespace sinter
