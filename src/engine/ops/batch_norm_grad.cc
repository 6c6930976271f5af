#include "engine/ops/support/normalisation.h"

namespace sinter {
namespace {

Status Infer(InferContext& c) {
  const Shape& x = c.InputShape(1);
  if (x.size() < 2 || !(c.InputShape(0) == x) || !(c.InputShape(2) == Shape{x[1]}))
    return c.Invalid("dY and X need the same shape, scale one element a channel");
  c.SetOutput(0, c.InputType(1));
  c.SetOutput(1, c.InputType(2));
  c.SetOutput(2, c.InputType(2));
  return {};
}

// With n elements a channel, xhat = (x - mean) / s and s = sqrt(var + epsilon):
// dX = scale / s (dY - mean(dY) - xhat mean(dY xhat)), dscale = sum(dY xhat), dB = sum(dY).
Status Evaluate(ReferenceContext& c) {
  const Tensor& in = c.Input(1);
  const int64_t channels = in.dims()[1], area = Product(in.dims(), 2, in.rank());
  TRY(Tensor dx, c.Output(0, in.dtype(), in.dims()));
  TRY(Tensor dscale, c.Output(1, in.dtype(), {channels}));
  TRY(Tensor dbias, c.Output(2, in.dtype(), {channels}));
  DispatchIn<kFloats>(in.dtype(), [&]<class T>() {
    const auto x = in.data<T>();
    const auto dy = c.Input(0).data<T>();
    auto channel = [&](size_t i) { return i / static_cast<size_t>(area) % static_cast<size_t>(channels); };
    const Moments m = MomentsOf(x, channels, channel);
    std::vector<double> sum(m.mean.size(), 0), projected(m.mean.size(), 0);
    auto normal = [&](size_t i) {
      return (Widen(x[i]) - m.mean[channel(i)]) / std::sqrt(m.variance[channel(i)] + c.Float("epsilon"));
    };
    for (size_t i = 0; i < x.size(); ++i) {
      sum[channel(i)] += Widen(dy[i]);
      projected[channel(i)] += Widen(dy[i]) * normal(i);
    }
    for (size_t i = 0; i < x.size(); ++i) {
      const size_t ch = channel(i);
      const double n = static_cast<double>(m.count[ch]);
      const double inner = Widen(dy[i]) - sum[ch] / n - normal(i) * projected[ch] / n;
      dx.mutable_data<T>()[i] =
          Narrow<T>(Widen(c.Input(2).data<T>()[ch]) / std::sqrt(m.variance[ch] + c.Float("epsilon")) * inner);
    }
    for (size_t ch = 0; ch < sum.size(); ++ch) {
      dscale.mutable_data<T>()[ch] = Narrow<T>(projected[ch]);
      dbias.mutable_data<T>()[ch] = Narrow<T>(sum[ch]);
    }
  });
  return {};
}

constexpr Formal kInputs[] = {{"dY", 'T', kFloats}, {"X", 'T', kFloats}, {"scale", 'T', kFloats}};
constexpr Formal kOutputs[] = {{"dX", 'T', kFloats}, {"dscale", 'T', kFloats}, {"dB", 'T', kFloats}};
constexpr FormalAttribute kAttributes[] = {
    {"epsilon", AttributeKind::kFloat, false, "1e-5", "added to the variance"}};
// Groups of one or two elements have gradients that are all cancellation.
constexpr std::string_view kSamples[] = {"dY: T[N,3,4], X: T[N,3,4], scale: T[3]",
                                         "dY: T[N,C,H,3], X: T[N,C,H,3], scale: T[C] | epsilon=0.1",
                                         "dY: T[N+4,C], X: T[N+4,C], scale: T[C]"};

}  // namespace

const Operator& BatchNormGradOperator() {
  static const Operator page{
      .name = "sinter.BatchNormGrad",
      .summary = "The gradients of BatchNormalization in training: of the input, the scale and the shift.",
      .inputs = kInputs,
      .outputs = kOutputs,
      .attributes = kAttributes,
      .infer = &Infer,
      .reference = &Evaluate,
      .gradient = Gradient(NoGradient{"second derivatives of normalisations are not offered"}),
      .index = IndexExpression(RowWise{}),
      .structure = Primitive{},
      .samples = Samples(kSamples),
  };
  return page;
}

}  // namespace sinter
