#include <cstring>

#include "engine/ops/support/elementwise.h"
#include "engine/ops/support/shapes.h"

namespace sinter {
namespace {

Result<size_t> AxisOf(const NodeView& node, size_t rank) { return NormaliseAxis(node.Int("axis"), rank + 1); }

Status Infer(InferContext& c) {
  Shape out = c.InputShape(0);
  TRY(const size_t axis, AxisOf(c, out.size()));
  if (!c.Input(1).contents)
    return c.Invalid("the depth must be known when the model is compiled, or follow from shapes");
  if (c.Input(1).contents->size() != 1) return c.Invalid("the depth must be one number");
  out.insert(out.begin() + static_cast<ptrdiff_t>(axis), (*c.Input(1).contents)[0]);
  c.SetOutput(0, c.InputDType(2), std::move(out));
  return {};
}

Status Evaluate(ReferenceContext& c) {
  const Tensor& indices = c.Input(0);
  const Tensor& values = c.Input(2);
  TRY(const size_t axis, AxisOf(c, indices.rank()));
  const int64_t depth = c.Input(1).AsInt(0);
  if (depth < 0) return c.Invalid("a negative depth");
  Dims dims = indices.dims();
  dims.insert(dims.begin() + static_cast<ptrdiff_t>(axis), depth);
  TRY(Tensor out, c.Output(0, values.dtype(), dims));
  const size_t size = DTypeSize(values.dtype());
  const int64_t inner = Product(dims, axis + 1, dims.size()), outer = Product(dims, 0, axis);
  for (int64_t i = 0; i < out.elements(); ++i)
    std::memcpy(out.mutable_raw() + static_cast<size_t>(i) * size, values.raw(), size);
  for (int64_t o = 0; o < outer; ++o) {
    for (int64_t i = 0; i < inner; ++i) {
      int64_t index = indices.AsInt(o * inner + i);
      if (index < 0) index += depth;
      if (index < 0 || index >= depth) continue;  // outside: all off, as ONNX says
      std::memcpy(out.mutable_raw() + static_cast<size_t>((o * depth + index) * inner + i) * size,
                  values.raw() + size, size);
    }
  }
  return {};
}

constexpr Formal kInputs[] = {
    {"indices", '-', kNumeric}, {"depth", '-', kNumeric}, {"values", 'T', kAllPlain}};
constexpr Formal kOutputs[] = {{"output", 'T', kAllPlain}};
constexpr FormalAttribute kAttributes[] = {
    {"axis", AttributeKind::kInt, false, "-1", "where the new dimension goes"}};
constexpr std::string_view kSamples[] = {
    "indices: i64[N,M] in -4..4, depth: i64[] = {4}, values: T[2]",
    "indices: i64[N] in 0..2, depth: i64[1] = {3}, values: T[2] | axis=0"};

}  // namespace

const Operator& OneHotOperator() {
  static const Operator page{
      .name = "OneHot",
      .summary = "A new dimension with one value where the index stands and another elsewhere.",
      .inputs = kInputs,
      .outputs = kOutputs,
      .attributes = kAttributes,
      .infer = &Infer,
      .reference = &Evaluate,
      .gradient = Gradient(NoGradient{"the indices are integer, and values are usually constants"}),
      .index = IndexExpression(Opaque{"indices become positions"}),
      .structure = Primitive{},
      .samples = Samples(kSamples),
  };
  return page;
}

}  // namespace sinter
