#include <algorithm>

#include "engine/ops/support/elementwise.h"

namespace sinter {
namespace {

std::pair<int64_t, int64_t> Range(const NodeView& node, size_t rank) {
  const int64_t r = static_cast<int64_t>(rank);
  auto clamp = [&](int64_t axis) { return std::clamp<int64_t>(axis < 0 ? axis + r : axis, 0, r); };
  const int64_t start = clamp(node.Int("start"));
  return {start, std::max(start, node.Has("end") ? clamp(node.Int("end")) : r)};
}

Status Infer(InferContext& c) {
  const Shape& in = c.InputShape(0);
  const auto [start, end] = Range(c, in.size());
  c.SetOutput(0, DType::kI64, {end - start});
  c.SetContents(0, {in.begin() + start, in.begin() + end});
  return {};
}

Status Evaluate(ReferenceContext& c) {
  const Dims& dims = c.Input(0).dims();
  const auto [start, end] = Range(c, dims.size());
  TRY(Tensor out, c.Output(0, DType::kI64, {end - start}));
  std::copy(dims.begin() + start, dims.begin() + end, out.mutable_data<int64_t>().begin());
  return {};
}

constexpr Formal kInputs[] = {{"data", '-', kAnyDType}};
constexpr Formal kOutputs[] = {{"shape", '-', kIndexes}};
constexpr FormalAttribute kAttributes[] = {
    {"start", AttributeKind::kInt, false, "0", "first axis"},
    {"end", AttributeKind::kInt, false, {}, "one past the last axis; absent: the rank"}};
constexpr std::string_view kSamples[] = {"data: f32[N,M]", "data: f32[N,M,3] | start=-2",
                                         "data: f32[N,M] | end=1"};

}  // namespace

const Operator& ShapeOperator() {
  static const Operator page{
      .name = "Shape",
      .summary = "The dimensions of a tensor, or some of them.",
      .inputs = kInputs,
      .outputs = kOutputs,
      .attributes = kAttributes,
      .infer = &Infer,
      .reference = &Evaluate,
      .gradient = Gradient(NoGradient{"the output is integer"}),
      .index = IndexExpression(Opaque{"depends on the shape alone"}),
      .structure = Primitive{},
      .samples = Samples(kSamples),
  };
  return page;
}

}  // namespace sinter
