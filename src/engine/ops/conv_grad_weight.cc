#include <algorithm>

#include <fmt/format.h>

#include "engine/ops/support/convolution.h"

namespace sinter {
namespace {

Status Infer(InferContext& c) {
  if (!c.Input(2).contents)
    return c.Invalid("the shape must be known when the model is compiled, or follow from shapes");
  const Shape shape(*c.Input(2).contents);
  TRY(const Shape output, ConvolutionShape(c, c.InputShape(1), shape));
  if (!(output == c.InputShape(0)))
    return c.Invalid(fmt::format("the gradient is {}, the output {}", ShapeToString(c.InputShape(0)),
                                 ShapeToString(output)));
  c.SetOutput(0, c.InputDType(0), shape);
  return {};
}

Status Evaluate(ReferenceContext& c) {
  const Dims dims = c.Input(2).ToInts();
  TRY(const Convolution conv, ConvolutionOf(c, c.Input(1).dims(), dims));
  TRY(Tensor out, c.Output(0, c.Input(0).dtype(), dims));
  DispatchIn<kFloats>(out.dtype(), [&]<class T>() {
    const auto sums = SumProducts<T>(conv, c.Input(1), 0, c.Input(0), 2, out.elements());
    std::ranges::transform(sums, out.mutable_data<T>().begin(), Narrow<T>);
  });
  return {};
}

Status Differentiate(GradientContext& c) {
  const Attributes attributes = ConvolutionAttributes(c);
  const ValueId g = c.OutputGradient(0);
  if (c.Needs(0)) c.SetInputGradient(0, c.b.Op("Conv", {c.Input(1), g}, attributes));
  if (c.Needs(1))
    c.SetInputGradient(1,
                       c.b.Op("sinter.ConvGradInput", {c.Input(0), g, c.b.ShapeOf(c.Input(1))}, attributes));
  return {};
}

constexpr Formal kInputs[] = {{"dY", 'T', kFloats}, {"X", 'T', kFloats}, {"shape", '-', kIndexes}};
constexpr Formal kOutputs[] = {{"dW", 'T', kFloats}};
constexpr std::string_view kSamples[] = {
    "dY: T[2,3,4,3], X: T[2,2,6,4], shape: i64[4] = {3, 2, 3, 2}",
    "dY: f32[9,32,6,5], X: f32[9,16,6,5], shape: i64[4] = {32, 16, 3, 3} | pads=[1,1,1,1]",
    "dY: T[N,4,3], X: T[N,2,5], shape: i64[3] = {4, 1, 3} | group=2, strides=[2], pads=[1,1]"};

}  // namespace

const Operator& ConvGradWeightOperator() {
  static const Operator page{
      .name = "sinter.ConvGradWeight",
      .summary = "The gradient of Conv with respect to its filters, whose shape is given.",
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
