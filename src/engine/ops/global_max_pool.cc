#include <algorithm>

#include "engine/ops/support/elementwise.h"
#include "engine/ops/support/shapes.h"

namespace sinter {
namespace {

Status Infer(InferContext& c) {
  Shape shape = c.InputShape(0);
  if (shape.size() < 3) return c.Invalid("rank 3 or more is needed");
  std::fill(shape.begin() + 2, shape.end(), Dim(1));
  c.SetOutput(0, c.InputDType(0), std::move(shape));
  return {};
}

Status Evaluate(ReferenceContext& c) {
  const Tensor& in = c.Input(0);
  Dims dims = in.dims();
  std::fill(dims.begin() + 2, dims.end(), 1);
  TRY(Tensor out, c.Output(0, in.dtype(), dims));
  const int64_t area = Product(in.dims(), 2, in.rank());
  if (area == 0 && out.elements() > 0) return c.Invalid("the largest of no elements");
  DispatchIn<kFloats>(in.dtype(), [&]<class T>() {
    for (int64_t plane = 0; plane < out.elements(); ++plane) {
      const auto x = in.data<T>().subspan(static_cast<size_t>(plane * area), static_cast<size_t>(area));
      T best = x[0];
      for (const T value : x) {
        if (Widen(value) > Widen(best) || Widen(value) != Widen(value)) best = value;
      }
      out.mutable_data<T>()[static_cast<size_t>(plane)] = best;
    }
  });
  return {};
}

Status Lower(LoweringContext& c) {
  std::vector<int64_t> axes;
  for (size_t d = 2; d < c.InputType(0).Rank(); ++d) axes.push_back(static_cast<int64_t>(d));
  c.results[0] = c.b.Op("ReduceMax", {c.Input(0), c.b.Ints(axes)});
  return {};
}

// To the elements that gave the extreme.
Status Differentiate(GradientContext& c) {
  const ValueId here = c.b.Op("Equal", {c.Input(0), c.Output(0)});
  c.SetInputGradient(0, c.b.Op("Where", {here, c.OutputGradient(0), c.b.Scalar(c.InputType(0).dtype, 0)}));
  return {};
}

constexpr Formal kInputs[] = {{"X", 'T', kFloats}};
constexpr Formal kOutputs[] = {{"Y", 'T', kFloats}};
constexpr std::string_view kSamples[] = {"X: T[N,C,4,3] distinct", "X: T[N,C,5] distinct"};

}  // namespace

const Operator& GlobalMaxPoolOperator() {
  static const Operator page{
      .name = "GlobalMaxPool",
      .summary = "The largest over all spatial dimensions, which stay as 1.",
      .inputs = kInputs,
      .outputs = kOutputs,
      .attributes = std::span<const FormalAttribute>{},
      .infer = &Infer,
      .reference = &Evaluate,
      .gradient = Gradient(&Differentiate),
      .index = IndexExpression(Reduction{"max"}),
      .structure = (Composition{&Lower, {}}),
      .samples = Samples(kSamples),
  };
  return page;
}

}  // namespace sinter
