#include <algorithm>

#include "engine/ops/support/elementwise.h"
#include "engine/ops/support/shapes.h"

namespace sinter {
namespace {

template <class D>
std::vector<D> PutIn(const std::vector<D>& in, const std::vector<size_t>& axes) {
  std::vector<D> out;
  out.reserve(in.size() + axes.size());
  auto next = in.begin();
  for (size_t i = 0; i < in.size() + axes.size(); ++i) {
    out.push_back(std::ranges::find(axes, i) != axes.end() ? D(1) : *next++);
  }
  return out;
}

Status Infer(InferContext& c) {
  TRY(const std::vector<int64_t> given, KnownInts(c, 1));
  auto axes = NormaliseAxes(given, c.InputShape(0).size() + given.size());
  if (!axes) return c.Invalid(axes.error().message);
  c.SetOutput(0, c.InputDType(0), PutIn(c.InputShape(0), *axes));
  if (c.Input(0).contents && c.outputs()[0].type.Rank() <= 1) c.SetContents(0, *c.Input(0).contents);
  return {};
}

Status Evaluate(ReferenceContext& c) {
  const std::vector<int64_t> given = c.Input(1).ToInts();
  TRY(const std::vector<size_t> axes, NormaliseAxes(given, c.Input(0).rank() + given.size()));
  return CopyAs(c, PutIn(c.Input(0).dims(), axes));
}

Status Differentiate(GradientContext& c) {
  if (c.Needs(0)) c.SetInputGradient(0, ReshapeLike(c.b, c.OutputGradient(0), c.Input(0)));
  return {};
}

constexpr Formal kInputs[] = {{"data", 'T', kAnyDType}, {"axes", '-', kIndexes}};
constexpr Formal kOutputs[] = {{"expanded", 'T', kAnyDType}};
constexpr std::string_view kSamples[] = {"data: T[N,M], axes: i64[2] = {0, -1}",
                                         "data: T[], axes: i64[1] = {0}"};

}  // namespace

const Operator& UnsqueezeOperator() {
  static const Operator page{
      .name = "Unsqueeze",
      .summary = "The input with dimensions of 1 put in at the given axes of the output.",
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
