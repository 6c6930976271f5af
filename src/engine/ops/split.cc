#include <cstring>

#include <fmt/format.h>

#include "engine/ops/support/elementwise.h"
#include "engine/ops/support/shapes.h"

namespace sinter {
namespace {

Result<std::vector<Dim>> Lengths(InferContext& c, const Dim& whole) {
  const size_t count = c.OutputCount();
  if (c.HasInput(1)) {
    if (!c.Input(1).contents)
      return c.Invalid("the lengths must be known when the model is compiled, or follow from shapes");
    if (c.Input(1).contents->size() != count)
      return c.Invalid(fmt::format("{} lengths for {} outputs", c.Input(1).contents->size(), count));
    return *c.Input(1).contents;
  }
  const Dim part = CeilDiv(whole, static_cast<int64_t>(count));
  std::vector<Dim> lengths(count, part);
  lengths.back() = whole - part * Dim(static_cast<int64_t>(count) - 1);
  return lengths;
}

Status Infer(InferContext& c) {
  Shape shape = c.InputShape(0);
  TRY(const size_t axis, NormaliseAxis(c.Int("axis"), shape.size()));
  const Dim whole = shape[axis];
  TRY(const std::vector<Dim> lengths, Lengths(c, whole));
  Dim sum = 0;
  for (size_t i = 0; i < lengths.size(); ++i) {
    sum = sum + lengths[i];
    if (lengths[i].IsConstant() && *lengths[i].Constant() < 0)
      return c.Invalid(fmt::format("part {} would have length {}", i, lengths[i].ToString()));
    shape[axis] = lengths[i];
    c.SetOutput(i, c.InputDType(0), shape);
  }
  if (sum.IsConstant() && whole.IsConstant() && !(sum == whole))
    return c.Invalid(
        fmt::format("the lengths sum to {}, the dimension is {}", sum.ToString(), whole.ToString()));
  return {};
}

Status Evaluate(ReferenceContext& c) {
  const Tensor& in = c.Input(0);
  Dims dims = in.dims();
  TRY(const size_t axis, NormaliseAxis(c.Int("axis"), dims.size()));
  const int64_t whole = dims[axis], count = static_cast<int64_t>(c.OutputCount());
  std::vector<int64_t> lengths(static_cast<size_t>(count), (whole + count - 1) / count);
  lengths.back() = whole - lengths[0] * (count - 1);
  if (c.HasInput(1)) lengths = c.Input(1).ToInts();
  const int64_t outer = Product(dims, 0, axis);
  const size_t inner = static_cast<size_t>(Product(dims, axis + 1, dims.size())) * DTypeSize(in.dtype());
  int64_t begin = 0;
  for (size_t i = 0; i < lengths.size(); ++i) {
    if (lengths[i] < 0 || begin + lengths[i] > whole)
      return c.Invalid("the lengths do not fit the dimension");
    if (c.WantsOutput(i)) {
      dims[axis] = lengths[i];
      TRY(Tensor out, c.Output(i, in.dtype(), dims));
      const size_t bytes = static_cast<size_t>(lengths[i]) * inner;
      for (int64_t o = 0; o < outer && bytes > 0; ++o) {
        std::memcpy(out.mutable_raw() + static_cast<size_t>(o) * bytes,
                    in.raw() + static_cast<size_t>(o * whole + begin) * inner, bytes);
      }
    }
    begin += lengths[i];
  }
  return {};
}

Status Differentiate(GradientContext& c) {
  std::vector<ValueId> parts;
  for (size_t i = 0; i < c.node().outputs.size(); ++i) {
    if (c.Output(i) == kNoValue)
      return Unsupported(c.Describe() + ": a part that nobody takes has no gradient yet");
    parts.push_back(c.OutputGradient(i) == kNoValue ? ZerosLike(c.b, c.Output(i)) : c.OutputGradient(i));
  }
  c.SetInputGradient(0, c.b.Op("Concat", parts, {{"axis", c.Int("axis")}}));
  return {};
}

constexpr Formal kInputs[] = {{"input", 'T', kAllPlain}, {"split", '-', kIndexes, Arity::kOptional}};
constexpr Formal kOutputs[] = {{"outputs", 'T', kAllPlain, Arity::kVariadic}};
constexpr FormalAttribute kAttributes[] = {
    {"axis", AttributeKind::kInt, false, "0", "which"},
    {"num_outputs", AttributeKind::kInt, false, {}, "how many, where no lengths are given"}};
constexpr std::string_view kSamples[] = {"input: T[N,6] | axis=1, num_outputs=3 -> 3",
                                         "input: T[N,7], split: i64[3] = {1, 2, 4} | axis=-1 -> 3",
                                         "input: T[5,N], split: i64[2] = {5, 0} -> 2"};

}  // namespace

const Operator& SplitOperator() {
  static const Operator page{
      .name = "Split",
      .summary = "A tensor cut along an axis, into given lengths or equal parts (the last may be shorter).",
      .inputs = kInputs,
      .outputs = kOutputs,
      .attributes = kAttributes,
      .infer = &Infer,
      .reference = &Evaluate,
      .gradient = Gradient(&Differentiate),
      .index = IndexExpression(Movement{}),
      .structure = Primitive{},
      .samples = Samples(kSamples),
  };
  return page;
}

}  // namespace sinter
