#include <algorithm>

#include <fmt/format.h>

#include "engine/ops/support/normalisation.h"

namespace sinter {
namespace {

Status Infer(InferContext& c) {
  const Shape& x = c.InputShape(1);
  if (!(c.InputShape(0) == x)) return c.Invalid("dY and X need the same shape");
  TRY(const int64_t axis, c.Axis("axis", x.size()));
  const Shape normal(x.begin() + axis, x.end());
  auto shape = BroadcastShapes(normal, c.InputShape(2));
  if (!shape || !(*shape == normal))
    return c.Invalid(
        fmt::format("{} does not broadcast to {}", ShapeToString(c.InputShape(2)), ShapeToString(normal)));
  c.SetOutput(0, c.InputType(1));
  c.SetOutput(1, c.InputType(2));
  c.SetOutput(2, c.InputType(2));
  return {};
}

// With the row's n elements, xhat = (x - mean) / s, s = sqrt(var + epsilon) and h = dY scale:
// dX = (h - mean(h) - xhat mean(h xhat)) / s, dscale = sum over rows of dY xhat, dB = sum over rows of dY.
Status Evaluate(ReferenceContext& c) {
  const Tensor& in = c.Input(1);
  const Tensor& scale = c.Input(2);
  TRY(const int64_t axis, c.Axis("axis", in.rank()));
  const Dims normal(in.dims().begin() + axis, in.dims().end());
  const int64_t length = Product(normal, 0, normal.size()), rows = length == 0 ? 0 : in.elements() / length;
  TRY(Tensor dx, c.Output(0, in.dtype(), in.dims()));
  TRY(Tensor dscale, c.Output(1, in.dtype(), scale.dims()));
  TRY(Tensor dbias, c.Output(2, in.dtype(), scale.dims()));
  DispatchIn<kFloats>(in.dtype(), [&]<class T>() {
    const auto x = in.data<T>();
    const auto dy = c.Input(0).data<T>();
    const Moments m = MomentsOf(x, rows, [&](size_t i) { return i / static_cast<size_t>(length); });
    std::vector<double> projected(static_cast<size_t>(scale.elements()), 0), sum = projected;
    for (int64_t row = 0; row < rows; ++row) {
      const double mean = m.mean[static_cast<size_t>(row)],
                   inverse = 1 / std::sqrt(m.variance[static_cast<size_t>(row)] + c.Float("epsilon"));
      double plain = 0, along = 0;
      auto each = [&](auto f) {
        BroadcastWalk<1> walk(normal, {&scale.dims()});
        for (int64_t i = 0; i < length; ++i, walk.Next()) {
          const size_t at = static_cast<size_t>(row * length + i), s = static_cast<size_t>(walk.at(0));
          f(at, s, Widen(dy[at]), Widen(dy[at]) * Widen(scale.data<T>()[s]), (Widen(x[at]) - mean) * inverse);
        }
      };
      each([&](size_t, size_t s, double d, double h, double xhat) {
        plain += h;
        along += h * xhat;
        projected[s] += d * xhat;
        sum[s] += d;
      });
      const double n = static_cast<double>(length);
      each([&](size_t at, size_t, double, double h, double xhat) {
        dx.mutable_data<T>()[at] = Narrow<T>((h - plain / n - xhat * along / n) * inverse);
      });
    }
    for (size_t s = 0; s < sum.size(); ++s) {
      dscale.mutable_data<T>()[s] = Narrow<T>(projected[s]);
      dbias.mutable_data<T>()[s] = Narrow<T>(sum[s]);
    }
  });
  return {};
}

constexpr Formal kInputs[] = {{"dY", 'T', kFloats}, {"X", 'T', kFloats}, {"Scale", 'T', kFloats}};
constexpr Formal kOutputs[] = {{"dX", 'T', kFloats}, {"dScale", 'T', kFloats}, {"dB", 'T', kFloats}};
constexpr FormalAttribute kAttributes[] = {
    {"axis", AttributeKind::kInt, false, "-1", "first normalised dimension"},
    {"epsilon", AttributeKind::kFloat, false, "1e-5", "added to the variance"}};
// Rows of one or two elements have gradients that are all cancellation.
constexpr std::string_view kSamples[] = {"dY: T[N,M,K+4], X: T[N,M,K+4], Scale: T[K+4]",
                                         "dY: T[N,3,4], X: T[N,3,4], Scale: T[3,4] | axis=1, epsilon=0.01",
                                         "dY: T[N,3,4], X: T[N,3,4], Scale: T[3,1] | axis=1"};

}  // namespace

const Operator& LayerNormGradOperator() {
  static const Operator page{
      .name = "sinter.LayerNormGrad",
      .summary =
          "The gradients of LayerNormalization: of the input, the scale, and a shift of the scale's shape.",
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
