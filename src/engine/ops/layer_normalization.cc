#include <algorithm>

#include <fmt/format.h>

#include "engine/ops/support/normalisation.h"

namespace sinter {
namespace {

Status Infer(InferContext& c) {
  const Shape& x = c.InputShape(0);
  TRY(const int64_t axis, c.Axis("axis", x.size()));
  const Shape normal(x.begin() + axis, x.end());
  for (size_t i = 1; i < 3; ++i) {
    if (!c.HasInput(i)) continue;
    auto shape = BroadcastShapes(normal, c.InputShape(i));
    if (!shape || !(*shape == normal))
      return c.Invalid(
          fmt::format("{} does not broadcast to {}", ShapeToString(c.InputShape(i)), ShapeToString(normal)));
  }
  c.SetOutput(0, c.InputType(0));
  Shape statistics = x;
  std::fill(statistics.begin() + axis, statistics.end(), Dim(1));
  for (size_t i = 1; i < c.OutputCount(); ++i)
    c.SetOutput(i, c.InputDType(0) == DType::kF64 ? DType::kF64 : DType::kF32, statistics);
  return {};
}

Status Evaluate(ReferenceContext& c) {
  const Tensor& in = c.Input(0);
  TRY(const int64_t axis, c.Axis("axis", in.rank()));
  const Dims normal(in.dims().begin() + axis, in.dims().end());
  const int64_t length = Product(normal, 0, normal.size()), rows = length == 0 ? 0 : in.elements() / length;
  Dims statistics = in.dims();
  std::fill(statistics.begin() + axis, statistics.end(), 1);
  TRY(Tensor out, c.Output(0, in.dtype(), in.dims()));
  const DType stash = in.dtype() == DType::kF64 ? DType::kF64 : DType::kF32;
  Tensor stashed[2];
  for (size_t k = 0; k < 2; ++k) {
    if (!c.WantsOutput(k + 1)) continue;
    TRY(stashed[k], c.Output(k + 1, stash, statistics));
  }
  const Dims none;
  DispatchIn<kFloats>(in.dtype(), [&]<class T>() {
    const Moments m =
        MomentsOf(in.data<T>(), rows, [&](size_t i) { return i / static_cast<size_t>(length); });
    for (int64_t row = 0; row < rows; ++row) {
      const double inverse = 1 / std::sqrt(m.variance[static_cast<size_t>(row)] + c.Float("epsilon"));
      BroadcastWalk<2> walk(normal, {&c.Input(1).dims(), c.HasInput(2) ? &c.Input(2).dims() : &none});
      for (int64_t i = 0; i < length; ++i, walk.Next()) {
        const size_t at = static_cast<size_t>(row * length + i);
        double y = (Widen(in.data<T>()[at]) - m.mean[static_cast<size_t>(row)]) * inverse *
                   Widen(c.Input(1).data<T>()[static_cast<size_t>(walk.at(0))]);
        if (c.HasInput(2)) y += Widen(c.Input(2).data<T>()[static_cast<size_t>(walk.at(1))]);
        out.mutable_data<T>()[at] = Narrow<T>(y);
      }
      for (size_t k = 0; k < 2; ++k) {
        const double value = k == 0 ? m.mean[static_cast<size_t>(row)] : inverse;
        if (!stashed[k].defined()) continue;
        if (stash == DType::kF64)
          stashed[k].template mutable_data<double>()[static_cast<size_t>(row)] = value;
        else
          stashed[k].template mutable_data<float>()[static_cast<size_t>(row)] = static_cast<float>(value);
      }
    }
  });
  return {};
}

// The statistics are found again: keeping them would take a wider interface than reading X does time.
Status Differentiate(GradientContext& c) {
  if (c.OutputGradient(1) != kNoValue || c.OutputGradient(2) != kNoValue)
    return Unsupported(c.Describe() + ": no gradient through Mean and InvStdDev; compute them by ReduceMean");
  if (c.OutputGradient(0) == kNoValue) return {};
  const std::vector<ValueId> inputs{c.OutputGradient(0), c.Input(0), c.Input(1)};
  const std::vector<ValueId> gradients =
      c.b.Ops("sinter.LayerNormGrad", inputs, 3, {{"axis", c.Int("axis")}, {"epsilon", c.Float("epsilon")}});
  for (size_t i = 0; i < 2; ++i) {
    if (c.Needs(i)) c.SetInputGradient(i, gradients[i]);
  }
  // The page's shift has the scale's shape; another shape's is summed from the whole.
  if (c.HasInput(2) && c.Needs(2)) {
    if (c.InputType(2).shape == c.InputType(1).shape)
      c.SetInputGradient(2, gradients[2]);
    else
      SetBroadcastGradient(c, 2, c.OutputGradient(0));
  }
  return {};
}

constexpr Formal kInputs[] = {
    {"X", 'T', kFloats}, {"Scale", 'T', kFloats}, {"B", 'T', kFloats, Arity::kOptional}};
constexpr Formal kOutputs[] = {{"Y", 'T', kFloats},
                               {"Mean", '-', kFloats, Arity::kOptional},
                               {"InvStdDev", '-', kFloats, Arity::kOptional}};
constexpr FormalAttribute kAttributes[] = {
    {"axis", AttributeKind::kInt, false, "-1", "first normalised dimension"},
    {"epsilon", AttributeKind::kFloat, false, "1e-5", "added to the variance"},
    {"stash_type", AttributeKind::kInt, false, "1", "ONNX's dtype of Mean; f32 alone (f64 for f64)"}};
constexpr std::string_view kSamples[] = {
    "X: T[N,M,4], Scale: T[4], B: T[4]", "X: T[N,3,4], Scale: T[3,4] | axis=1, epsilon=0.01",
    "X: f32[N,M,K], Scale: f32[K], B: f32[K] -> 3", "X: T[N,3,4], Scale: T[3,1], B: T[1,4] | axis=1"};

}  // namespace

const Operator& LayerNormalizationOperator() {
  static const Operator page{
      .name = "LayerNormalization",
      .summary = "The dimensions from an axis on normalised by their own mean and variance.",
      .inputs = kInputs,
      .outputs = kOutputs,
      .attributes = kAttributes,
      .infer = &Infer,
      .reference = &Evaluate,
      .gradient = Gradient(&Differentiate),
      .index = IndexExpression(RowWise{}),
      .structure = Primitive{},
      .samples = Samples(kSamples),
  };
  return page;
}

}  // namespace sinter
