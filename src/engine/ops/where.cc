#include <cstring>

#include "engine/ops/support/elementwise.h"
#include "engine/ops/support/learned_bounds.h"

namespace sinter {
namespace {

// Exporters choose between a dimension and -1 this way.
void ChooseContents(InferContext& c) {
  if (!IsInteger(c.InputDType(1))) return;
  size_t length = 1;
  for (size_t i = 0; i < 3; ++i) {
    if (!c.Input(i).contents) return;
    const size_t n = c.Input(i).contents->size();
    if (n != 1 && length != 1 && n != length) return;
    if (n != 1) length = n;
  }
  std::vector<Dim> chosen;
  for (size_t i = 0; i < length; ++i) {
    const auto at = [&](size_t input) {
      const std::vector<Dim>& contents = *c.Input(input).contents;
      return contents[contents.size() == 1 ? 0 : i];
    };
    if (!at(0).IsConstant()) return;
    chosen.push_back(at(*at(0).Constant() != 0 ? 1 : 2));
  }
  c.SetContents(0, std::move(chosen));
}

Status Infer(InferContext& c) {
  auto values = BroadcastAndLearn(c, c.InputShape(1), c.InputShape(2));
  if (!values) return c.Invalid(values.error().message);
  auto shape = BroadcastAndLearn(c, c.InputShape(0), *values);
  if (!shape) return c.Invalid(shape.error().message);
  c.SetOutput(0, c.InputDType(1), *std::move(shape));
  ChooseContents(c);
  return {};
}

Status Evaluate(ReferenceContext& c) {
  const Tensor& condition = c.Input(0);
  const Tensor& x = c.Input(1);
  const Tensor& y = c.Input(2);
  TRY(const Dims values, BroadcastDims(x.dims(), y.dims()));
  TRY(const Dims dims, BroadcastDims(condition.dims(), values));
  TRY(Tensor out, c.Output(0, x.dtype(), dims));
  const size_t size = DTypeSize(x.dtype());
  BroadcastWalk<3> walk(dims, {&condition.dims(), &x.dims(), &y.dims()});
  for (int64_t i = 0; i < out.elements(); ++i, walk.Next()) {
    const bool first = condition.data<bool>()[static_cast<size_t>(walk.at(0))];
    const std::byte* from = first ? x.raw() + static_cast<size_t>(walk.at(1)) * size
                                  : y.raw() + static_cast<size_t>(walk.at(2)) * size;
    std::memcpy(out.mutable_raw() + static_cast<size_t>(i) * size, from, size);
  }
  return {};
}

Status Differentiate(GradientContext& c) {
  const ValueId zero = c.b.Scalar(c.OutputType(0).dtype, 0);
  if (c.Needs(1)) SetBroadcastGradient(c, 1, c.b.Op("Where", {c.Input(0), c.OutputGradient(0), zero}));
  if (c.Needs(2)) SetBroadcastGradient(c, 2, c.b.Op("Where", {c.Input(0), zero, c.OutputGradient(0)}));
  return {};
}

constexpr Formal kInputs[] = {{"condition", '-', kBools}, {"X", 'T', kAllPlain}, {"Y", 'T', kAllPlain}};
constexpr Formal kOutputs[] = {{"output", 'T', kAllPlain}};
constexpr std::string_view kSamples[] = {"condition: bool[N,M], X: T[N,M], Y: T[N,M]",
                                         "condition: bool[N,1], X: T[M], Y: T[]"};

}  // namespace

const Operator& WhereOperator() {
  static const Operator page{
      .name = "Where",
      .summary = "X where the condition holds, Y elsewhere, broadcast.",
      .inputs = kInputs,
      .outputs = kOutputs,
      .attributes = std::span<const FormalAttribute>{},
      .infer = &Infer,
      .reference = &Evaluate,
      .gradient = Gradient(&Differentiate),
      .index = IndexExpression(Elementwise{}),
      .structure = Primitive{},
      .samples = Samples(kSamples),
  };
  return page;
}

}  // namespace sinter
