#include <fmt/format.h>

#include "engine/ops/support/convolution.h"

namespace sinter {
namespace {

Status Infer(InferContext& c) {
  TRY(Shape shape, ConvolutionShape(c, c.InputShape(0), c.InputShape(1)));
  if (c.HasInput(2) && !(c.InputShape(2) == Shape{shape[1]}))
    return c.Invalid(
        fmt::format("the bias is {}; [{}] is needed", ShapeToString(c.InputShape(2)), shape[1].ToString()));
  c.SetOutput(0, c.InputDType(0), std::move(shape));
  return {};
}

Status Evaluate(ReferenceContext& c) {
  TRY(const Convolution conv, ConvolutionOf(c, c.Input(0).dims(), c.Input(1).dims()));
  Dims dims{conv.n, conv.groups * conv.mg};
  dims.insert(dims.end(), conv.out.begin(), conv.out.end());
  TRY(Tensor out, c.Output(0, c.Input(0).dtype(), dims));
  DispatchIn<kFloats>(out.dtype(), [&]<class T>() {
    const auto sums = SumProducts<T>(conv, c.Input(0), 0, c.Input(1), 1, out.elements());
    for (int64_t i = 0; i < out.elements(); ++i) {
      Wide<T> sum = sums[static_cast<size_t>(i)];
      if (c.HasInput(2)) sum += Widen(c.Input(2).data<T>()[static_cast<size_t>(i / conv.outs % dims[1])]);
      out.mutable_data<T>()[static_cast<size_t>(i)] = Narrow<T>(sum);
    }
  });
  return {};
}

Status Differentiate(GradientContext& c) {
  GraphBuilder& b = c.b;
  const Attributes attributes = ConvolutionAttributes(c);
  const ValueId g = c.OutputGradient(0);
  if (c.Needs(0))
    c.SetInputGradient(0, b.Op("sinter.ConvGradInput", {g, c.Input(1), b.ShapeOf(c.Input(0))}, attributes));
  if (c.Needs(1))
    c.SetInputGradient(1, b.Op("sinter.ConvGradWeight", {g, c.Input(0), b.ShapeOf(c.Input(1))}, attributes));
  if (c.Needs(2)) {
    std::vector<int64_t> axes{0};
    for (size_t d = 2; d < c.InputType(0).Rank(); ++d) axes.push_back(static_cast<int64_t>(d));
    c.SetInputGradient(2, b.Op("ReduceSum", {g, b.Ints(axes)}, {{"keepdims", int64_t{0}}}));
  }
  return {};
}

constexpr Formal kInputs[] = {
    {"X", 'T', kFloats}, {"W", 'T', kFloats}, {"B", 'T', kFloats, Arity::kOptional}};
constexpr Formal kOutputs[] = {{"Y", 'T', kFloats}};
constexpr std::string_view kSamples[] = {
    "X: T[N,2,5,6], W: T[3,2,3,3], B: T[3] | pads=[1,1,1,1]",
    "X: T[N,C,7,6], W: T[4,C,3,2] | strides=[2,2], pads=[1,0,0,1]",
    "X: T[2,3,K+2], W: T[6,3,3], B: T[6] | pads=[2,1]",
    "X: f32[N,16,6,5], W: f32[32,16,3,3], B: f32[32] | pads=[1,1,1,1]",
    "X: T[2,4,6], W: T[6,2,3] | group=2, dilations=[2]",
    "X: T[N,2,5,5], W: T[2,2,3,3] | auto_pad=\"SAME_UPPER\", strides=[2,2]"};

}  // namespace

const Operator& ConvOperator() {
  static const Operator page{
      .name = "Conv",
      .summary =
          "Convolution (correlation) of pictures [N, C, spatial...] with filters [M, C / group, kernel...].",
      .inputs = kInputs,
      .outputs = kOutputs,
      .attributes = kConvolutionAttributes,
      .infer = &Infer,
      .reference = &Evaluate,
      .gradient = Gradient(&Differentiate),
      .index = IndexExpression(WindowedSum{}),
      .structure = Primitive{},
      .samples = Samples(kSamples),
  };
  return page;
}

}  // namespace sinter
