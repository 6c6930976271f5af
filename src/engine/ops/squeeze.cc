#include <algorithm>

#include <fmt/format.h>

#include "engine/ops/support/elementwise.h"
#include "engine/ops/support/shapes.h"

namespace sinter {
namespace {

Status Infer(InferContext& c) {
  const Shape& in = c.InputShape(0);
  std::vector<size_t> axes;
  if (c.HasInput(1)) {
    TRY(const std::vector<int64_t> given, KnownInts(c, 1));
    TRY(axes, NormaliseAxes(given, in.size()));
  } else {
    for (size_t i = 0; i < in.size(); ++i) {
      if (in[i] == Dim(1)) axes.push_back(i);
    }
  }
  Shape out;
  for (size_t i = 0; i < in.size(); ++i) {
    if (std::ranges::find(axes, i) == axes.end())
      out.push_back(in[i]);
    else if (!(in[i] == Dim(1)))
      return c.Invalid(fmt::format("dimension {} is {}, not 1", i, in[i].ToString()));
  }
  c.SetOutput(0, c.InputDType(0), std::move(out));
  if (c.Input(0).contents) c.SetContents(0, *c.Input(0).contents);
  return {};
}

Status Evaluate(ReferenceContext& c) {
  const Dims& in = c.Input(0).dims();
  std::vector<size_t> axes;
  if (c.HasInput(1)) {
    TRY(axes, NormaliseAxes(c.Input(1).ToInts(), in.size()));
  }
  Dims out;
  for (size_t i = 0; i < in.size(); ++i) {
    const bool gone = c.HasInput(1) ? std::ranges::find(axes, i) != axes.end() : in[i] == 1;
    if (!gone) out.push_back(in[i]);
  }
  return CopyAs(c, std::move(out));
}

Status Differentiate(GradientContext& c) {
  if (c.Needs(0)) c.SetInputGradient(0, ReshapeLike(c.b, c.OutputGradient(0), c.Input(0)));
  return {};
}

constexpr Formal kInputs[] = {{"data", 'T', kAnyDType}, {"axes", '-', kIndexes, Arity::kOptional}};
constexpr Formal kOutputs[] = {{"squeezed", 'T', kAnyDType}};
constexpr std::string_view kSamples[] = {"data: T[N,1,M,1], axes: i64[2] = {1, -1}", "data: T[2,1,3]"};

}  // namespace

const Operator& SqueezeOperator() {
  static const Operator page{
      .name = "Squeeze",
      .summary = "The input without some dimensions of 1 (all of them, where no axes are given).",
      .inputs = kInputs,
      .outputs = kOutputs,
      .attributes = std::span<const FormalAttribute>{},
      .infer = &Infer,
      .reference = &Evaluate,
      .gradient = Gradient(&Differentiate),
      .index = IndexExpression(Movement{}),
      .structure = Primitive{},
      .view = true,
      .samples = Samples(kSamples),
  };
  return page;
}

}  // namespace sinter
