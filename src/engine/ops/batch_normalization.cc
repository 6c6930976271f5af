#include <fmt/format.h>

#include "engine/ops/support/normalisation.h"

namespace sinter {
namespace {

Status Infer(InferContext& c) {
  const Shape& x = c.InputShape(0);
  if (x.size() < 2) return c.Invalid("rank 2 or more is needed");
  for (size_t i = 1; i < 5; ++i) {
    if (!(c.InputShape(i) == Shape{x[1]}))
      return c.Invalid(fmt::format("'{}' is {}; [{}] is needed", c.page().inputs.value[i].name,
                                   ShapeToString(c.InputShape(i)), x[1].ToString()));
  }
  if (c.OutputCount() > 1 && c.Int("training_mode") == 0)
    return c.Invalid("running statistics come with training_mode = 1");
  c.SetOutput(0, c.InputType(0));
  for (size_t i = 1; i < c.OutputCount(); ++i) c.SetOutput(i, c.InputType(1));
  return {};
}

Status Evaluate(ReferenceContext& c) {
  const Tensor& in = c.Input(0);
  const int64_t channels = in.dims()[1], area = Product(in.dims(), 2, in.rank());
  const bool training = c.Int("training_mode") != 0;
  TRY(Tensor out, c.Output(0, in.dtype(), in.dims()));
  Tensor running[2];
  for (size_t k = 0; k < 2; ++k) {
    if (!c.WantsOutput(k + 1)) continue;
    TRY(running[k], c.Output(k + 1, in.dtype(), {channels}));
  }
  DispatchIn<kFloats>(in.dtype(), [&]<class T>() {
    auto channel = [&](size_t i) { return i / static_cast<size_t>(area) % static_cast<size_t>(channels); };
    Moments m;
    if (training) {
      m = MomentsOf(in.data<T>(), channels, channel);
    } else {
      for (int64_t ch = 0; ch < channels; ++ch) {
        m.mean.push_back(c.Input(3).AsDouble(ch));
        m.variance.push_back(c.Input(4).AsDouble(ch));
      }
    }
    for (size_t i = 0; i < in.data<T>().size(); ++i) {
      const size_t ch = channel(i);
      const double normal =
          (Widen(in.data<T>()[i]) - m.mean[ch]) / std::sqrt(m.variance[ch] + c.Float("epsilon"));
      out.mutable_data<T>()[i] =
          Narrow<T>(normal * Widen(c.Input(1).data<T>()[ch]) + Widen(c.Input(2).data<T>()[ch]));
    }
    const double keep = c.Float("momentum");
    for (size_t k = 0; k < 2; ++k) {
      if (!running[k].defined()) continue;
      const std::vector<double>& now = k == 0 ? m.mean : m.variance;
      for (size_t ch = 0; ch < now.size(); ++ch)
        running[k].template mutable_data<T>()[ch] =
            Narrow<T>(Widen(c.Input(k + 3).data<T>()[ch]) * keep + now[ch] * (1 - keep));
    }
  });
  return {};
}

// In training the statistics depend on the input too; the running ones carry no gradient.
Status Differentiate(GradientContext& c) {
  GraphBuilder& b = c.b;
  const ValueId g = c.OutputGradient(0);
  if (g == kNoValue) return {};
  if (c.Int("training_mode") != 0) {
    const std::vector<ValueId> inputs{g, c.Input(0), c.Input(1)};
    const std::vector<ValueId> gradients =
        b.Ops("sinter.BatchNormGrad", inputs, 3, {{"epsilon", c.Float("epsilon")}});
    for (size_t i = 0; i < 3; ++i) {
      if (c.Needs(i)) c.SetInputGradient(i, gradients[i]);
    }
    return {};
  }
  const DType dtype = c.InputType(0).dtype;
  std::vector<int64_t> across, others{0};
  for (size_t d = 2; d < c.InputType(0).Rank(); ++d) {
    across.push_back(static_cast<int64_t>(d) - 1);
    others.push_back(static_cast<int64_t>(d));
  }
  auto channels = [&](ValueId v) { return across.empty() ? v : b.Op("Unsqueeze", {v, b.Ints(across)}); };
  auto sum = [&](ValueId v) { return b.Op("ReduceSum", {v, b.Ints(others)}, {{"keepdims", int64_t{0}}}); };
  const ValueId deviation = b.Op("Sqrt", {b.Op("Add", {c.Input(4), b.Scalar(dtype, c.Float("epsilon"))})});
  const ValueId factor = b.Op("Div", {c.Input(1), deviation});
  const ValueId centred = b.Op("Sub", {c.Input(0), channels(c.Input(3))});
  const ValueId dx = b.Op("Mul", {g, channels(factor)});
  const ValueId projected = sum(b.Op("Mul", {g, centred}));
  if (c.Needs(0)) c.SetInputGradient(0, dx);
  if (c.Needs(1)) c.SetInputGradient(1, b.Op("Div", {projected, deviation}));
  if (c.Needs(2)) c.SetInputGradient(2, sum(g));
  if (c.Needs(3)) c.SetInputGradient(3, b.Op("Neg", {b.Op("Mul", {sum(g), factor})}));
  if (c.Needs(4)) {
    const ValueId variance = b.Op("Mul", {deviation, deviation});
    const ValueId half = b.Op("Mul", {b.Op("Mul", {projected, factor}), b.Scalar(dtype, -0.5)});
    c.SetInputGradient(4, b.Op("Div", {half, variance}));
  }
  return {};
}

constexpr Formal kInputs[] = {{"X", 'T', kFloats},
                              {"scale", 'T', kFloats},
                              {"B", 'T', kFloats},
                              {"input_mean", 'T', kFloats},
                              {"input_var", 'T', kFloats}};
constexpr Formal kOutputs[] = {{"Y", 'T', kFloats},
                               {"running_mean", 'T', kFloats, Arity::kOptional},
                               {"running_var", 'T', kFloats, Arity::kOptional}};
constexpr FormalAttribute kAttributes[] = {
    {"epsilon", AttributeKind::kFloat, false, "1e-5", "added to the variance"},
    {"momentum", AttributeKind::kFloat, false, "0.9", "share of the old running statistics"},
    {"training_mode", AttributeKind::kInt, false, "0",
     "1: normalise by the batch, and give new running statistics"}};
constexpr std::string_view kSamples[] = {
    "X: T[N,3,4], scale: T[3], B: T[3], input_mean: T[3], input_var: T[3] in 0.5..2",
    "X: T[4,C], scale: T[C], B: T[C], input_mean: T[C], input_var: T[C] in 0.5..2 | "  // NOLINT: one sample
    "epsilon=0.1, training_mode=1",
    "X: f32[N,C,H,3], scale: f32[C], B: f32[C], input_mean: f32[C], input_var: f32[C] in 0.5..2 | "
    "training_mode=1, momentum=0.7 -> 3",
    "X: T[N,C,5], scale: T[C], B: T[C], input_mean: T[C], input_var: T[C] in 0.5..2 | training_mode=1",
    "X: T[N,C], scale: T[C], B: T[C], input_mean: T[C], input_var: T[C] in 0.5..2"};

}  // namespace

const Operator& BatchNormalizationOperator() {
  static const Operator page{
      .name = "BatchNormalization",
      .summary = "Each channel normalised by given statistics, or in training by the batch's own.",
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
