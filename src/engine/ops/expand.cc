#include <cstring>

#include "engine/ops/support/elementwise.h"
#include "engine/ops/support/learned_bounds.h"

namespace sinter {
namespace {

Status Infer(InferContext& c) {
  if (!c.Input(1).contents)
    return c.Invalid("the shape must be known when the model is compiled, or follow from shapes");
  auto shape = BroadcastAndLearn(c, c.InputShape(0), *c.Input(1).contents);
  if (!shape) return c.Invalid(shape.error().message);
  c.SetOutput(0, c.InputDType(0), *std::move(shape));
  return {};
}

Status Evaluate(ReferenceContext& c) {
  const Tensor& in = c.Input(0);
  TRY(const Dims dims, BroadcastDims(in.dims(), c.Input(1).ToInts()));
  TRY(Tensor out, c.Output(0, in.dtype(), dims));
  const size_t size = DTypeSize(in.dtype());
  BroadcastWalk<1> walk(dims, {&in.dims()});
  for (int64_t i = 0; i < out.elements(); ++i, walk.Next()) {
    std::memcpy(out.mutable_raw() + static_cast<size_t>(i) * size,
                in.raw() + static_cast<size_t>(walk.at(0)) * size, size);
  }
  return {};
}

Status Differentiate(GradientContext& c) {
  SetBroadcastGradient(c, 0, c.OutputGradient(0));
  return {};
}

constexpr Formal kInputs[] = {{"input", 'T', kAllPlain}, {"shape", '-', kIndexes}};
constexpr Formal kOutputs[] = {{"output", 'T', kAllPlain}};
constexpr std::string_view kSamples[] = {"input: T[N,1], shape: i64[3] = {2, 1, 4}",
                                         "input: T[1,M], shape: i64[2] = {3, 1}"};

}  // namespace

const Operator& ExpandOperator() {
  static const Operator page{
      .name = "Expand",
      .summary = "A tensor broadcast to a shape.",
      .inputs = kInputs,
      .outputs = kOutputs,
      .attributes = std::span<const FormalAttribute>{},
      .infer = &Infer,
      .reference = &Evaluate,
      .gradient = Gradient(&Differentiate),
      .index = IndexExpression(Movement{}),
      .structure = Primitive{},
      .passes_through = &PassesWhereTypeStays,
      .samples = Samples(kSamples),
  };
  return page;
}

}  // namespace sinter
