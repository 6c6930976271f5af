#include <cmath>

#include "engine/ops/support/elementwise.h"

namespace sinter {
namespace {

Status Infer(InferContext& c) {
  for (size_t i = 1; i < 4; ++i) {
    if (!(c.InputShape(i) == c.InputShape(0)))
      return c.Invalid("weight, gradient and moments need the same shape");
  }
  if (!c.InputShape(4).empty() || !c.InputShape(5).empty())
    return c.Invalid("the learning rate and the step are scalars");
  for (size_t i = 0; i < 3; ++i) c.SetOutput(i, c.InputType(0));
  return {};
}

// g = dW (+ decay W), m = beta1 m + (1 - beta1) g, v = beta2 v + (1 - beta2) g^2,
// W -= lr (m / (1 - beta1^t) / (sqrt(v / (1 - beta2^t)) + epsilon) (+ decay W, decoupled)).
Status Evaluate(ReferenceContext& c) {
  const Tensor& w = c.Input(0);
  TRY(Tensor w_new, c.Output(0, w.dtype(), w.dims()));
  TRY(Tensor m_new, c.Output(1, w.dtype(), w.dims()));
  TRY(Tensor v_new, c.Output(2, w.dtype(), w.dims()));
  const double beta1 = c.Float("beta1"), beta2 = c.Float("beta2"), decay = c.Float("weight_decay"),
               rate = c.Input(4).AsDouble(0);
  const double t = static_cast<double>(c.Input(5).AsInt(0));
  const double bias1 = 1 - std::pow(beta1, t), bias2 = 1 - std::pow(beta2, t);
  const bool decoupled = c.Int("decoupled") != 0;
  DispatchIn<kFloats>(w.dtype(), [&]<class T>() {
    for (size_t i = 0; i < w.data<T>().size(); ++i) {
      const double old = Widen(w.data<T>()[i]);
      const double g = Widen(c.Input(1).data<T>()[i]) + (decoupled ? 0 : decay * old);
      const double m = beta1 * Widen(c.Input(2).data<T>()[i]) + (1 - beta1) * g;
      const double v = beta2 * Widen(c.Input(3).data<T>()[i]) + (1 - beta2) * g * g;
      const double move =
          m / bias1 / (std::sqrt(v / bias2) + c.Float("epsilon")) + (decoupled ? decay * old : 0);
      w_new.mutable_data<T>()[i] = Narrow<T>(old - rate * move);
      m_new.mutable_data<T>()[i] = Narrow<T>(m);
      v_new.mutable_data<T>()[i] = Narrow<T>(v);
    }
  });
  return {};
}

constexpr Formal kInputs[] = {{"W", 'T', kFloats},
                              {"dW", 'T', kFloats},
                              {"M", 'T', kFloats},
                              {"V", 'T', kFloats},
                              {"learning_rate", 'T', kFloats},
                              {"step", '-', kIndexes}};
constexpr Formal kOutputs[] = {{"W_new", 'T', kFloats}, {"M_new", 'T', kFloats}, {"V_new", 'T', kFloats}};
constexpr FormalAttribute kAttributes[] = {
    {"beta1", AttributeKind::kFloat, false, "0.9", "decay of the first moment"},
    {"beta2", AttributeKind::kFloat, false, "0.999", "decay of the second"},
    {"decoupled", AttributeKind::kInt, false, "0", "1: AdamW"},
    {"epsilon", AttributeKind::kFloat, false, "1e-8", "added to the root"},
    {"weight_decay", AttributeKind::kFloat, false, "0.0", ""}};
constexpr std::string_view kSamples[] = {
    "W: T[N,M], dW: T[N,M], M: T[N,M], V: T[N,M] in 0.1..2, learning_rate: T[], step: i64[] in 1..9",
    "W: T[N], dW: T[N], M: T[N], V: T[N] in 0.1..2, learning_rate: T[], step: i64[] in 1..9 | decoupled=1, "
    "weight_decay=0.1"};

}  // namespace

const Operator& AdamUpdateOperator() {
  static const Operator page{
      .name = "sinter.AdamUpdate",
      .summary =
          "One step of Adam (Kingma and Ba, 2015), or of AdamW (Loshchilov and Hutter, 2019) with decoupled "
          "decay.",
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
