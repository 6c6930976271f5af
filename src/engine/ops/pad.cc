#include <algorithm>
#include <cstring>
#include <numeric>

#include <fmt/format.h>

#include "engine/ops/support/elementwise.h"
#include "engine/ops/support/shapes.h"

namespace sinter {
namespace {

// pads holds, for each named axis, what goes before; then, for each, what goes after.
template <class D>
Result<std::pair<std::vector<D>, std::vector<D>>> Amounts(const NodeView& node, const std::vector<D>& pads,
                                                          std::span<const int64_t> axes, size_t rank) {
  std::vector<D> before(rank, D(0)), after(rank, D(0));
  if (pads.size() != 2 * axes.size())
    return InvalidArgument(fmt::format("{}: {} pads for {} axes", node.Describe(), pads.size(), axes.size()));
  for (size_t i = 0; i < axes.size(); ++i) {
    TRY(const size_t axis, NormaliseAxis(axes[i], rank));
    before[axis] = pads[i];
    after[axis] = pads[i + axes.size()];
  }
  return std::pair(std::move(before), std::move(after));
}

std::vector<int64_t> AllAxes(size_t rank) {
  std::vector<int64_t> axes(rank);
  std::iota(axes.begin(), axes.end(), int64_t{0});
  return axes;
}

Status Infer(InferContext& c) {
  if (!c.Input(1).contents)
    return c.Invalid("the pads must be known when the model is compiled, or follow from shapes");
  Shape out = c.InputShape(0);
  std::vector<int64_t> axes = AllAxes(out.size());
  if (c.HasInput(3)) {
    TRY(axes, KnownInts(c, 3));
  }
  TRY(const auto amounts, Amounts(c, *c.Input(1).contents, axes, out.size()));
  for (size_t i = 0; i < out.size(); ++i) {
    out[i] = out[i] + amounts.first[i] + amounts.second[i];
    if (out[i].IsConstant() && *out[i].Constant() < 0)
      return c.Invalid(fmt::format("dimension {} would be {}", i, out[i].ToString()));
  }
  c.SetOutput(0, c.InputDType(0), std::move(out));
  return {};
}

// The input's index for output index i of a dimension of n, or -1 outside.
int64_t Source(const std::string& mode, int64_t i, int64_t n) {
  if (i >= 0 && i < n) return i;
  if (mode == "edge") return i < 0 ? 0 : n - 1;
  if (mode == "wrap") return ((i % n) + n) % n;
  if (mode == "reflect") {
    if (n == 1) return 0;
    const int64_t period = 2 * (n - 1), j = ((i % period) + period) % period;
    return j < n ? j : period - j;
  }
  return -1;
}

Status Evaluate(ReferenceContext& c) {
  const Tensor& in = c.Input(0);
  const std::string mode = c.String("mode");
  if (mode != "constant" && mode != "edge" && mode != "wrap" && mode != "reflect")
    return c.Invalid(fmt::format("unknown mode '{}'", mode));
  const std::vector<int64_t> axes = c.HasInput(3) ? c.Input(3).ToInts() : AllAxes(in.rank());
  TRY(const auto amounts, Amounts(c, c.Input(1).ToInts(), axes, in.rank()));
  Dims dims = in.dims();
  for (size_t i = 0; i < dims.size(); ++i) {
    if (mode != "constant" && in.dims()[i] == 0) return c.Invalid("an empty dimension has nothing to repeat");
    dims[i] += amounts.first[i] + amounts.second[i];
  }
  TRY(Tensor out, c.Output(0, in.dtype(), dims));
  const size_t size = DTypeSize(in.dtype());
  std::vector<std::byte> fill(size, std::byte{0});
  if (c.HasInput(2)) std::memcpy(fill.data(), c.Input(2).raw(), size);
  const Dims strides = RowMajorStrides(in.dims());
  Dims index(dims.size(), 0);
  for (int64_t i = 0; i < out.elements(); ++i) {
    int64_t from = 0;
    for (size_t d = 0; d < dims.size() && from >= 0; ++d) {
      const int64_t at = Source(mode, index[d] - amounts.first[d], in.dims()[d]);
      from = at < 0 ? -1 : from + at * strides[d];
    }
    std::memcpy(out.mutable_raw() + static_cast<size_t>(i) * size,
                from < 0 ? fill.data() : in.raw() + static_cast<size_t>(from) * size, size);
    for (size_t d = dims.size(); d-- > 0;) {
      if (++index[d] < dims[d]) break;
      index[d] = 0;
    }
  }
  return {};
}

Status Differentiate(GradientContext& c) {
  if (c.String("mode") != "constant" || c.HasInput(3))
    return Unsupported(c.Describe() + ": a gradient is offered for mode constant over all axes");
  TRY(const std::vector<int64_t> pads, KnownInts(c, 1));
  const size_t rank = c.InputType(0).Rank();
  std::vector<int64_t> starts(pads.begin(), pads.begin() + static_cast<ptrdiff_t>(rank));
  if (std::ranges::any_of(pads, [](int64_t p) { return p < 0; }))
    return Unsupported(c.Describe() + ": no gradient for negative pads");
  std::vector<int64_t> ends;
  ends.reserve(rank);
  for (size_t i = 0; i < rank; ++i) ends.push_back(pads[rank + i] == 0 ? INT64_MAX : -pads[rank + i]);
  if (c.Needs(0))
    c.SetInputGradient(0, c.b.Op("Slice", {c.OutputGradient(0), c.b.Ints(starts), c.b.Ints(ends)}));
  if (c.Needs(2)) {
    const ValueId inside =
        c.b.Op("ReduceSum", {c.b.Op("Slice", {c.OutputGradient(0), c.b.Ints(starts), c.b.Ints(ends)})},
               {{"keepdims", int64_t{0}}});
    const ValueId all = c.b.Op("ReduceSum", {c.OutputGradient(0)}, {{"keepdims", int64_t{0}}});
    c.SetInputGradient(2, ReshapeLike(c.b, c.b.Op("Sub", {all, inside}), c.Input(2)));
  }
  return {};
}

bool PassesThrough(const NodeView&, std::span<const ValueFacts* const> inputs, const Type&) {
  const auto zero = [](const Dim& dim) { return dim == Dim(0); };
  return inputs[1]->contents && std::ranges::all_of(*inputs[1]->contents, zero);
}

constexpr Formal kInputs[] = {{"data", 'T', kAllPlain},
                              {"pads", '-', kIndexes},
                              {"constant_value", 'T', kAllPlain, Arity::kOptional},
                              {"axes", '-', kIndexes, Arity::kOptional}};
constexpr Formal kOutputs[] = {{"output", 'T', kAllPlain}};
constexpr FormalAttribute kAttributes[] = {
    {"mode", AttributeKind::kString, false, "\"constant\"", "constant, reflect, edge or wrap"}};
constexpr std::string_view kSamples[] = {
    "data: T[N,M], pads: i64[4] = {1, 0, 2, 3}",
    "data: T[N,M], pads: i64[4] = {0, 1, 1, 0}, constant_value: T[]",
    "data: i64[5], pads: i64[2] = {3, 2} | mode=\"reflect\"",
    "data: i64[4,3], pads: i64[2] = {1, 2}, , axes: i64[1] = {1} | mode=\"edge\""};

}  // namespace

const Operator& PadOperator() {
  static const Operator page{
      .name = "Pad",
      .summary = "A tensor with values put around it.",
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
