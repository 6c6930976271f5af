#include <algorithm>
#include <cstring>

#include "engine/ops/support/cut.h"
#include "engine/ops/support/elementwise.h"
#include "engine/ops/support/shapes.h"

namespace sinter {
namespace {

constexpr int64_t kFar = int64_t{1} << 40;  // "to the end", as exporters write it

// A bound on a dimension that is an expression.
Dim Place(const Dim& whole, const Dim& at) {
  if (!at.IsConstant()) return at;
  const int64_t x = *at.Constant();
  if (x >= kFar) return whole;
  if (x <= -kFar) return 0;
  return x < 0 ? whole + Dim(x) : Dim(x);
}

Status Infer(InferContext& c) {
  if (!c.Input(1).contents || !c.Input(2).contents)
    return c.Invalid("starts and ends must be known when the model is compiled, or follow from shapes");
  const std::vector<Dim>& starts = *c.Input(1).contents;
  const std::vector<Dim>& ends = *c.Input(2).contents;
  std::vector<int64_t> axes, steps(starts.size(), 1);
  for (size_t i = 0; i < starts.size(); ++i) axes.push_back(static_cast<int64_t>(i));
  if (c.HasInput(3)) {
    TRY(axes, KnownInts(c, 3));
  }
  if (c.HasInput(4)) {
    TRY(steps, KnownInts(c, 4));
  }
  if (ends.size() != starts.size() || axes.size() != starts.size() || steps.size() != starts.size())
    return c.Invalid("starts, ends, axes and steps differ in length");
  Shape out = c.InputShape(0);
  for (size_t i = 0; i < axes.size(); ++i) {
    auto axis = NormaliseAxis(axes[i], out.size());
    if (!axis) return c.Invalid(axis.error().message);
    if (steps[i] == 0) return c.Invalid("a step of 0");
    Dim& dim = out[*axis];
    if (dim.IsConstant() && starts[i].IsConstant() && ends[i].IsConstant()) {
      dim = ClampCut(*dim.Constant(), *starts[i].Constant(), *ends[i].Constant(), steps[i]).length;
    } else if (steps[i] > 0) {
      const Dim end = Place(dim, ends[i]);
      const bool whole = end == dim;
      const Dim length = (whole ? dim : Min(end, dim)) - Place(dim, starts[i]);
      dim = CeilDiv(length, steps[i]);
    } else {
      return c.Invalid("a negative step over a dimension that is no number");
    }
  }
  c.SetOutput(0, c.InputDType(0), std::move(out));
  if (c.Input(0).contents && c.InputType(0).Rank() == 1 && starts.size() == 1 && starts[0].IsConstant() &&
      ends[0].IsConstant()) {
    const std::vector<Dim>& all = *c.Input(0).contents;
    const Cut cut =
        ClampCut(static_cast<int64_t>(all.size()), *starts[0].Constant(), *ends[0].Constant(), steps[0]);
    std::vector<Dim> part;
    part.reserve(static_cast<size_t>(cut.length));
    for (int64_t i = 0; i < cut.length; ++i)
      part.push_back(all[static_cast<size_t>(cut.start + i * cut.step)]);
    c.SetContents(0, std::move(part));
  }
  return {};
}

Status Evaluate(ReferenceContext& c) {
  const Tensor& in = c.Input(0);
  std::vector<Cut> cuts;
  for (int64_t dim : in.dims()) cuts.push_back({0, 1, dim});
  for (int64_t i = 0; i < c.Input(1).elements(); ++i) {
    TRY(const size_t axis, NormaliseAxis(c.HasInput(3) ? c.Input(3).AsInt(i) : i, in.rank()));
    const int64_t step = c.HasInput(4) ? c.Input(4).AsInt(i) : 1;
    if (step == 0) return c.Invalid("a step of 0");
    cuts[axis] = ClampCut(in.dims()[axis], c.Input(1).AsInt(i), c.Input(2).AsInt(i), step);
  }
  Dims dims;
  for (const Cut& cut : cuts) dims.push_back(cut.length);
  TRY(Tensor out, c.Output(0, in.dtype(), dims));
  const Dims strides = RowMajorStrides(in.dims());
  const size_t size = DTypeSize(in.dtype());
  Dims index(dims.size(), 0);
  int64_t from = 0;
  for (size_t d = 0; d < cuts.size(); ++d) from += cuts[d].start * strides[d];
  for (int64_t i = 0; i < out.elements(); ++i) {
    std::memcpy(out.mutable_raw() + static_cast<size_t>(i) * size,
                in.raw() + static_cast<size_t>(from) * size, size);
    for (size_t d = dims.size(); d-- > 0;) {
      from += strides[d] * cuts[d].step;
      if (++index[d] < dims[d]) break;
      from -= strides[d] * cuts[d].step * dims[d];
      index[d] = 0;
    }
  }
  return {};
}

// The gradient stands where the slice was taken, zeros around it.
Status Differentiate(GradientContext& c) {
  TRY(const std::vector<int64_t> starts, KnownInts(c, 1));
  std::vector<int64_t> axes;
  axes.reserve(starts.size());
  for (size_t i = 0; i < starts.size(); ++i) axes.push_back(static_cast<int64_t>(i));
  if (c.HasInput(3)) {
    TRY(axes, KnownInts(c, 3));
  }
  if (c.HasInput(4)) {
    TRY(const std::vector<int64_t> steps, KnownInts(c, 4));
    if (std::ranges::any_of(steps, [](int64_t s) { return s != 1; }))
      return Unsupported(c.Describe() + ": no gradient for steps other than 1");
  }
  const size_t rank = c.InputType(0).Rank();
  std::vector<ValueId> before(rank, c.b.Ints({0})), after(rank, c.b.Ints({0}));
  for (size_t i = 0; i < axes.size(); ++i) {
    TRY(const size_t axis, NormaliseAxis(axes[i], rank));
    const ValueId whole = DimensionOf(c.b, c.Input(0), axis);
    const ValueId part = DimensionOf(c.b, c.Output(0), axis);
    const ValueId at = starts[i] < 0 ? c.b.Op("Add", {whole, c.b.Ints({starts[i]})}) : c.b.Ints({starts[i]});
    before[axis] = c.b.Op("Min", {at, whole});
    after[axis] = c.b.Op("Sub", {whole, c.b.Op("Add", {before[axis], part})});
  }
  std::vector<ValueId> pads = before;
  pads.insert(pads.end(), after.begin(), after.end());
  c.SetInputGradient(0, c.b.Op("Pad", {c.OutputGradient(0), c.b.Op("Concat", pads, {{"axis", int64_t{0}}})}));
  return {};
}

// The whole of every dimension, forwards.
bool PassesThrough(const NodeView&, std::span<const ValueFacts* const> inputs, const Type& output) {
  const auto forwards = [](const Dim& step) { return step == Dim(1); };
  const bool reversed = inputs.size() > 4 && inputs[4] != nullptr &&
                        !(inputs[4]->contents && std::ranges::all_of(*inputs[4]->contents, forwards));
  return !reversed && inputs[0]->type == output;
}

constexpr Formal kInputs[] = {{"data", 'T', kAllPlain},
                              {"starts", 'I', kIndexes},
                              {"ends", 'I', kIndexes},
                              {"axes", 'I', kIndexes, Arity::kOptional},
                              {"steps", 'I', kIndexes, Arity::kOptional}};
constexpr Formal kOutputs[] = {{"output", 'T', kAllPlain}};
constexpr std::string_view kSamples[] = {
    "data: T[6,N], starts: i64[1] = {1}, ends: i64[1] = {4}",
    "data: T[N,7], starts: i64[1] = {-3}, ends: i64[1] = {9223372036854775807}, axes: i64[1] = {1}",
    "data: i64[7], starts: i64[1] = {-1}, ends: i64[1] = {-8}, axes: i64[1] = {0}, steps: i64[1] = {-2}"};

}  // namespace

const Operator& SliceOperator() {
  static const Operator page{
      .name = "Slice",
      .summary = "A part of a tensor: from starts to ends (exclusive), by steps, along axes.",
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
