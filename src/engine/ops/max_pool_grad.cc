#include <algorithm>

#include <fmt/format.h>

#include "engine/ops/support/pooling.h"

namespace sinter {
namespace {

Status Infer(InferContext& c) {
  TRY(const Shape shape, PoolingShape(c, c.InputShape(1)));
  if (!(shape == c.InputShape(0)))
    return c.Invalid(fmt::format("the gradient is {}, the output {}", ShapeToString(c.InputShape(0)),
                                 ShapeToString(shape)));
  c.SetOutput(0, c.InputType(1));
  return {};
}

Status Evaluate(ReferenceContext& c) {
  const Tensor& in = c.Input(1);
  TRY(const Pooling p, PoolingOf(c, in.dims()));
  TRY(Tensor out, c.Output(0, in.dtype(), in.dims()));
  DispatchIn<kFloats>(in.dtype(), [&]<class T>() {
    const auto x = in.data<T>();
    std::vector<int64_t> best(static_cast<size_t>(p.planes * p.outs), -1);
    ForEachWindowElement(p.in, p.out, p.windows, [&](int64_t o, int64_t, int64_t i) {
      for (int64_t plane = 0; plane < p.planes; ++plane) {
        int64_t& place = best[static_cast<size_t>(plane * p.outs + o)];
        const int64_t here = plane * p.ins + i;
        if (place < 0 || Widen(x[static_cast<size_t>(here)]) > Widen(x[static_cast<size_t>(place)]))
          place = here;
      }
    });
    std::vector<Wide<T>> sums(x.size(), Wide<T>(0));
    for (size_t i = 0; i < best.size(); ++i) {
      if (best[i] >= 0) sums[static_cast<size_t>(best[i])] += Widen(c.Input(0).data<T>()[i]);
    }
    std::ranges::transform(sums, out.mutable_data<T>().begin(), Narrow<T>);
  });
  return {};
}

constexpr Formal kInputs[] = {{"dY", 'T', kFloats}, {"X", 'T', kFloats}};
constexpr Formal kOutputs[] = {{"dX", 'T', kFloats}};
constexpr FormalAttribute kAttributes[] = {kAutoPad, kCeilMode, kDilations, kKernelShape, kPads, kStrides};
constexpr std::string_view kSamples[] = {
    "dY: T[N,2,3,3], X: T[N,2,6,5] distinct | kernel_shape=[2,3], strides=[2,1]",
    "dY: T[N,2,3,2], X: T[N,2,6,5] distinct | kernel_shape=[2,2], strides=[2,2]"};

}  // namespace

const Operator& MaxPoolGradOperator() {
  static const Operator page{
      .name = "sinter.MaxPoolGrad",
      .summary =
          "The gradient of MaxPool: each output gradient goes to the first largest element of its window.",
      .inputs = kInputs,
      .outputs = kOutputs,
      .attributes = kAttributes,
      .infer = &Infer,
      .reference = &Evaluate,
      .gradient = Gradient(NoGradient{"second derivatives of pools are not offered"}),
      .index = IndexExpression(WindowedSum{}),
      .structure = Primitive{},
      .samples = Samples(kSamples),
  };
  return page;
}

}  // namespace sinter
