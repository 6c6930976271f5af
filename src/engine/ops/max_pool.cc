#include <algorithm>
#include <cmath>

#include "engine/ops/support/pooling.h"

namespace sinter {
namespace {

Status Infer(InferContext& c) {
  if (c.Int("storage_order") != 0) return c.Invalid("storage_order other than 0 is not offered");
  TRY(const Shape shape, PoolingShape(c, c.InputShape(0)));
  c.SetOutput(0, c.InputDType(0), shape);
  if (c.OutputCount() > 1) c.SetOutput(1, DType::kI64, shape);
  return {};
}

Status Evaluate(ReferenceContext& c) {
  const Tensor& in = c.Input(0);
  TRY(const Pooling p, PoolingOf(c, in.dims()));
  TRY(Tensor out, c.Output(0, in.dtype(), p.dims));
  std::vector<int64_t> best(static_cast<size_t>(p.planes * p.outs), -1);
  DispatchIn<kFloats>(in.dtype(), [&]<class T>() {
    const auto x = in.data<T>();
    ForEachWindowElement(p.in, p.out, p.windows, [&](int64_t o, int64_t, int64_t i) {
      for (int64_t plane = 0; plane < p.planes; ++plane) {
        int64_t& place = best[static_cast<size_t>(plane * p.outs + o)];
        const int64_t here = plane * p.ins + i;
        if (place < 0 || Widen(x[static_cast<size_t>(here)]) > Widen(x[static_cast<size_t>(place)]))
          place = here;
      }
    });
    for (size_t i = 0; i < best.size(); ++i)
      out.mutable_data<T>()[i] = best[i] < 0 ? Narrow<T>(-INFINITY) : x[static_cast<size_t>(best[i])];
  });
  if (c.WantsOutput(1)) {
    TRY(Tensor indices, c.Output(1, DType::kI64, p.dims));
    std::ranges::copy(best, indices.mutable_data<int64_t>().begin());
  }
  return {};
}

Status Differentiate(GradientContext& c) {
  Attributes attributes = c.node().attributes;
  attributes.erase("storage_order");
  c.SetInputGradient(0, c.b.Op("sinter.MaxPoolGrad", {c.OutputGradient(0), c.Input(0)}, attributes));
  return {};
}

constexpr Formal kInputs[] = {{"X", 'T', kFloats}};
constexpr Formal kOutputs[] = {{"Y", 'T', kFloats}, {"Indices", '-', kIndexes, Arity::kOptional}};
constexpr FormalAttribute kAttributes[] = {
    kAutoPad,
    kCeilMode,
    kDilations,
    kKernelShape,
    kPads,
    kStrides,
    {"storage_order", AttributeKind::kInt, false, "0", "of Indices; 0 (row-major) alone is offered"}};
constexpr std::string_view kSamples[] = {
    "X: T[N,2,6,5] distinct | kernel_shape=[2,3], strides=[2,1]",
    "X: T[2,C,7] distinct | kernel_shape=[3], pads=[1,1], ceil_mode=1, strides=[2]"};

}  // namespace

const Operator& MaxPoolOperator() {
  static const Operator page{
      .name = "MaxPool",
      .summary = "The largest element of each window, and on request its place.",
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
