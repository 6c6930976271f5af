#include <algorithm>
#include <cstring>

#include "engine/ops/support/elementwise.h"
#include "engine/ops/support/shapes.h"

namespace sinter {
namespace {

Status Infer(InferContext& c) {
  if (!c.Input(1).contents || c.Input(1).contents->size() != c.InputShape(0).size())
    return c.Invalid("one known number of repeats for each dimension is needed");
  Shape out = c.InputShape(0);
  for (size_t i = 0; i < out.size(); ++i) out[i] = out[i] * (*c.Input(1).contents)[i];
  c.SetOutput(0, c.InputDType(0), std::move(out));
  return {};
}

Status Evaluate(ReferenceContext& c) {
  const Tensor& in = c.Input(0);
  Dims dims = in.dims();
  for (size_t i = 0; i < dims.size(); ++i) dims[i] *= c.Input(1).AsInt(static_cast<int64_t>(i));
  TRY(Tensor out, c.Output(0, in.dtype(), dims));
  const Dims strides = RowMajorStrides(in.dims()), steps = RowMajorStrides(dims);
  const size_t size = DTypeSize(in.dtype());
  for (int64_t i = 0; i < out.elements(); ++i) {
    int64_t from = 0;
    for (size_t d = 0; d < dims.size(); ++d) from += i / steps[d] % dims[d] % in.dims()[d] * strides[d];
    std::memcpy(out.mutable_raw() + static_cast<size_t>(i) * size,
                in.raw() + static_cast<size_t>(from) * size, size);
  }
  return {};
}

// Seen as [repeat, dimension] pairs, the gradient is summed over the repeats.
Status Differentiate(GradientContext& c) {
  TRY(const std::vector<int64_t> repeats, KnownInts(c, 1));
  std::vector<ValueId> pairs;
  std::vector<int64_t> axes;
  for (size_t i = 0; i < repeats.size(); ++i) {
    pairs.push_back(c.b.Ints({repeats[i]}));
    pairs.push_back(DimensionOf(c.b, c.Input(0), i));
    axes.push_back(static_cast<int64_t>(2 * i));
  }
  const ValueId seen =
      c.b.Op("Reshape", {c.OutputGradient(0), c.b.Op("Concat", pairs, {{"axis", int64_t{0}}})});
  c.SetInputGradient(0, c.b.Op("ReduceSum", {seen, c.b.Ints(axes)}, {{"keepdims", int64_t{0}}}));
  return {};
}

bool PassesThrough(const NodeView&, std::span<const ValueFacts* const> inputs, const Type&) {
  const auto one = [](const Dim& dim) { return dim == Dim(1); };
  return inputs[1]->contents && std::ranges::all_of(*inputs[1]->contents, one);
}

constexpr Formal kInputs[] = {{"input", 'T', kAllPlain}, {"repeats", '-', kIndexes}};
constexpr Formal kOutputs[] = {{"output", 'T', kAllPlain}};
constexpr std::string_view kSamples[] = {"input: T[N,M], repeats: i64[2] = {2, 3}"};

}  // namespace

const Operator& TileOperator() {
  static const Operator page{
      .name = "Tile",
      .summary = "A tensor repeated along each dimension.",
      .inputs = kInputs,
      .outputs = kOutputs,
      .attributes = std::span<const FormalAttribute>{},
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
