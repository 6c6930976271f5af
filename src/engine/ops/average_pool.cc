#include "engine/ops/support/pooling.h"

namespace sinter {
namespace {

Status Infer(InferContext& c) {
  TRY(Shape shape, PoolingShape(c, c.InputShape(0)));
  c.SetOutput(0, c.InputDType(0), std::move(shape));
  return {};
}

Status Evaluate(ReferenceContext& c) {
  const Tensor& in = c.Input(0);
  TRY(const Pooling p, PoolingOf(c, in.dims()));
  TRY(Tensor out, c.Output(0, in.dtype(), p.dims));
  const std::vector<int64_t> counts = PoolingCounts(c, p);
  DispatchIn<kFloats>(in.dtype(), [&]<class T>() {
    std::vector<Wide<T>> sums(static_cast<size_t>(p.planes * p.outs), Wide<T>(0));
    ForEachWindowElement(p.in, p.out, p.windows, [&](int64_t o, int64_t, int64_t i) {
      for (int64_t plane = 0; plane < p.planes; ++plane)
        sums[static_cast<size_t>(plane * p.outs + o)] +=
            Widen(in.data<T>()[static_cast<size_t>(plane * p.ins + i)]);
    });
    for (size_t i = 0; i < sums.size(); ++i)
      out.mutable_data<T>()[i] = Narrow<T>(sums[i] / static_cast<double>(counts[i % counts.size()]));
  });
  return {};
}

Status Differentiate(GradientContext& c) {
  c.SetInputGradient(0, c.b.Op("sinter.AveragePoolGrad", {c.OutputGradient(0), c.b.ShapeOf(c.Input(0))},
                               c.node().attributes));
  return {};
}

constexpr Formal kInputs[] = {{"X", 'T', kFloats}};
constexpr Formal kOutputs[] = {{"Y", 'T', kFloats}};
constexpr FormalAttribute kAttributes[] = {
    kAutoPad,
    kCeilMode,
    kDilations,
    kKernelShape,
    kPads,
    kStrides,
    {"count_include_pad", AttributeKind::kInt, false, "0", "1: padding counts as zeros"}};
constexpr std::string_view kSamples[] = {
    "X: T[N,2,6,5] | kernel_shape=[2,3], strides=[2,1]",
    "X: T[2,C,7] | kernel_shape=[3], pads=[1,1], strides=[2], count_include_pad=1",
    "X: T[2,2,5,5] | kernel_shape=[3,3], pads=[1,1,1,1], strides=[2,2], ceil_mode=1",
    "X: T[N,C,9,8] | kernel_shape=[3,2], dilations=[2,1], strides=[3,2]"};

}  // namespace

const Operator& AveragePoolOperator() {
  static const Operator page{
      .name = "AveragePool",
      .summary = "The mean of each window.",
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
