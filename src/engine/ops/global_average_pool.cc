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
  DispatchIn<kFloats>(in.dtype(), [&]<class T>() {
    for (int64_t plane = 0; plane < out.elements(); ++plane) {
      double sum = 0;
      for (int64_t i = 0; i < area; ++i) sum += Widen(in.data<T>()[static_cast<size_t>(plane * area + i)]);
      out.mutable_data<T>()[static_cast<size_t>(plane)] = Narrow<T>(sum / static_cast<double>(area));
    }
  });
  return {};
}

ValueId Axes(GraphBuilder& b, size_t rank) {
  std::vector<int64_t> axes;
  for (size_t d = 2; d < rank; ++d) axes.push_back(static_cast<int64_t>(d));
  return b.Ints(axes);
}

Status Lower(LoweringContext& c) {
  c.results[0] = c.b.Op("ReduceMean", {c.Input(0), Axes(c.b, c.InputType(0).Rank())});
  return {};
}

Status Differentiate(GradientContext& c) {
  // Each element has the share 1/area of its mean, which is what the mean of ones over the plane divides by.
  const ValueId spread = c.b.Op("Expand", {c.OutputGradient(0), c.b.ShapeOf(c.Input(0))});
  const DType dtype = c.InputType(0).dtype;
  const ValueId all = c.b.Op("Cast", {c.b.Op("Size", {c.Input(0)})}, {{"to", dtype}});
  const ValueId planes = c.b.Op("Cast", {c.b.Op("Size", {c.Output(0)})}, {{"to", dtype}});
  c.SetInputGradient(0, c.b.Op("Div", {spread, c.b.Op("Div", {all, planes})}));
  return {};
}

constexpr Formal kInputs[] = {{"X", 'T', kFloats}};
constexpr Formal kOutputs[] = {{"Y", 'T', kFloats}};
constexpr std::string_view kSamples[] = {"X: T[N,C,4,3]", "X: T[N,C,5]"};

}  // namespace

const Operator& GlobalAveragePoolOperator() {
  static const Operator page{
      .name = "GlobalAveragePool",
      .summary = "The mean over all spatial dimensions, which stay as 1.",
      .inputs = kInputs,
      .outputs = kOutputs,
      .attributes = std::span<const FormalAttribute>{},
      .infer = &Infer,
      .reference = &Evaluate,
      .gradient = Gradient(&Differentiate),
      .index = IndexExpression(Reduction{"mean"}),
      .structure = (Composition{&Lower, {}}),
      .samples = Samples(kSamples),
  };
  return page;
}

}  // namespace sinter
