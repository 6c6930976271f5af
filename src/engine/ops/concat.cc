#include <cstring>

#include <fmt/format.h>

#include "engine/ops/support/elementwise.h"
#include "engine/ops/support/shapes.h"

namespace sinter {
namespace {

Status Infer(InferContext& c) {
  Shape out = c.InputShape(0);
  TRY(const size_t axis, NormaliseAxis(c.Int("axis"), out.size()));
  for (size_t i = 1; i < c.InputCount(); ++i) {
    const Shape& next = c.InputShape(i);
    if (next.size() != out.size())
      return c.Invalid(fmt::format("input {} has rank {}, input 0 has {}", i, next.size(), out.size()));
    for (size_t d = 0; d < out.size(); ++d) {
      if (d == axis)
        out[d] = out[d] + next[d];
      else if (!(next[d] == out[d]))
        return c.Invalid(fmt::format("input {} is {}; dimension {} must be {}", i, ShapeToString(next), d,
                                     out[d].ToString()));
    }
  }
  c.SetOutput(0, c.InputDType(0), std::move(out));
  std::vector<Dim> contents;
  for (size_t i = 0; i < c.InputCount(); ++i) {
    if (!c.Input(i).contents) return {};
    contents.insert(contents.end(), c.Input(i).contents->begin(), c.Input(i).contents->end());
  }
  c.SetContents(0, std::move(contents));
  return {};
}

Status Evaluate(ReferenceContext& c) {
  Dims out_dims = c.Input(0).dims();
  TRY(const size_t axis, NormaliseAxis(c.Int("axis"), out_dims.size()));
  for (size_t i = 1; i < c.InputCount(); ++i) out_dims[axis] += c.Input(i).dims()[axis];
  TRY(Tensor out, c.Output(0, c.Input(0).dtype(), out_dims));
  const int64_t outer = Product(out_dims, 0, axis);
  const size_t inner =
      static_cast<size_t>(Product(out_dims, axis + 1, out_dims.size())) * DTypeSize(out.dtype());
  std::byte* to = out.mutable_raw();
  for (int64_t o = 0; o < outer; ++o) {
    for (size_t i = 0; i < c.InputCount(); ++i) {
      const size_t bytes = static_cast<size_t>(c.Input(i).dims()[axis]) * inner;
      if (bytes > 0) std::memcpy(to, c.Input(i).raw() + static_cast<size_t>(o) * bytes, bytes);
      to += bytes;
    }
  }
  return {};
}

Status Differentiate(GradientContext& c) {
  TRY(const size_t axis, NormaliseAxis(c.Int("axis"), c.OutputType(0).Rank()));
  const size_t count = c.node().inputs.size();
  std::vector<ValueId> sizes;
  sizes.reserve(count);
  for (size_t i = 0; i < count; ++i) sizes.push_back(DimensionOf(c.b, c.Input(i), axis));
  const ValueId split = count == 1 ? sizes[0] : c.b.Op("Concat", sizes, {{"axis", int64_t{0}}});
  const std::vector<ValueId> inputs{c.OutputGradient(0), split};
  const std::vector<ValueId> parts = c.b.Ops("Split", inputs, count, {{"axis", static_cast<int64_t>(axis)}});
  for (size_t i = 0; i < count; ++i) {
    if (c.Needs(i)) c.SetInputGradient(i, parts[i]);
  }
  return {};
}

bool PassesThrough(const NodeView&, std::span<const ValueFacts* const> inputs, const Type&) {
  return inputs.size() == 1;
}

constexpr Formal kInputs[] = {{"inputs", 'T', kAllPlain, Arity::kVariadic}};
constexpr Formal kOutputs[] = {{"result", 'T', kAllPlain}};
constexpr FormalAttribute kAttributes[] = {{"axis", AttributeKind::kInt, true, {}, "which"}};
constexpr std::string_view kSamples[] = {"X: T[N,M], Y: T[N,K] | axis=1",
                                         "X: T[N,M], Y: T[K,M], Z: T[2,M] | axis=-2", "X: T[N] | axis=0"};

}  // namespace

const Operator& ConcatOperator() {
  static const Operator page{
      .name = "Concat",
      .summary = "Tensors put one after another along an axis.",
      .inputs = kInputs,
      .outputs = kOutputs,
      .attributes = kAttributes,
      .infer = &Infer,
      .reference = &Evaluate,
      .gradient = Gradient(&Differentiate),
      .index = IndexExpression(Movement{}),
      .structure = Primitive{},
      .passes_through = &PassesThrough,
      .samples = Samples(kSamples),
  };
  return page;
}

}  // namespace sinter
