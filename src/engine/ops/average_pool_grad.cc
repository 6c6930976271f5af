#include <algorithm>

#include <fmt/format.h>

#include "engine/ops/support/pooling.h"

namespace sinter {
namespace {

Status Infer(InferContext& c) {
  if (!c.Input(1).contents)
    return c.Invalid("the shape must be known when the model is compiled, or follow from shapes");
  const Shape shape(*c.Input(1).contents);
  TRY(const Shape pooled, PoolingShape(c, shape));
  if (!(pooled == c.InputShape(0)))
    return c.Invalid(fmt::format("the gradient is {}, the output {}", ShapeToString(c.InputShape(0)),
                                 ShapeToString(pooled)));
  c.SetOutput(0, c.InputDType(0), shape);
  return {};
}

Status Evaluate(ReferenceContext& c) {
  const Dims dims = c.Input(1).ToInts();
  TRY(const Pooling p, PoolingOf(c, dims));
  TRY(Tensor out, c.Output(0, c.Input(0).dtype(), dims));
  const std::vector<int64_t> counts = PoolingCounts(c, p);
  DispatchIn<kFloats>(out.dtype(), [&]<class T>() {
    std::vector<Wide<T>> sums(static_cast<size_t>(out.elements()), Wide<T>(0));
    ForEachWindowElement(p.in, p.out, p.windows, [&](int64_t o, int64_t, int64_t i) {
      for (int64_t plane = 0; plane < p.planes; ++plane) {
        sums[static_cast<size_t>(plane * p.ins + i)] +=
            Widen(c.Input(0).data<T>()[static_cast<size_t>(plane * p.outs + o)]) /
            static_cast<double>(counts[static_cast<size_t>(o)]);
      }
    });
    std::ranges::transform(sums, out.mutable_data<T>().begin(), Narrow<T>);
  });
  return {};
}

// Linear: the gradient of a gradient is the pool again.
Status Differentiate(GradientContext& c) {
  if (c.Needs(0)) c.SetInputGradient(0, c.b.Op("AveragePool", {c.OutputGradient(0)}, c.node().attributes));
  return {};
}

constexpr Formal kInputs[] = {{"dY", 'T', kFloats}, {"shape", '-', kIndexes}};
constexpr Formal kOutputs[] = {{"dX", 'T', kFloats}};
constexpr FormalAttribute kAttributes[] = {
    kAutoPad,
    kCeilMode,
    kDilations,
    kKernelShape,
    kPads,
    kStrides,
    {"count_include_pad", AttributeKind::kInt, false, "0", "1: padding counts as zeros"}};
constexpr std::string_view kSamples[] = {
    "dY: T[3,2,3,3], shape: i64[4] = {3, 2, 6, 5} | kernel_shape=[2,3], strides=[2,1]",
    "dY: T[2,2,3,3], shape: i64[4] = {2, 2, 5, 5} | kernel_shape=[3,3], pads=[1,1,1,1], strides=[2,2]",
    "dY: T[2,3,4], shape: i64[3] = {2, 3, 7} | kernel_shape=[3], pads=[1,1], strides=[2], "
    "count_include_pad=1"};

}  // namespace

const Operator& AveragePoolGradOperator() {
  static const Operator page{
      .name = "sinter.AveragePoolGrad",
      .summary = "The gradient of AveragePool, for an input of the given shape.",
      .inputs = kInputs,
      .outputs = kOutputs,
      .attributes = kAttributes,
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
