#include <cstring>

#include <fmt/format.h>

#include "engine/ops/support/elementwise.h"
#include "engine/ops/support/shapes.h"

namespace sinter {
namespace {

Status Infer(InferContext& c) {
  const Shape& data = c.InputShape(0);
  auto axis = NormaliseAxis(c.Int("axis"), data.size());
  if (!axis) return c.Invalid(axis.error().message);
  const ptrdiff_t at = static_cast<ptrdiff_t>(*axis);
  Shape out(data.begin(), data.begin() + at);
  out.insert(out.end(), c.InputShape(1).begin(), c.InputShape(1).end());
  out.insert(out.end(), data.begin() + at + 1, data.end());
  c.SetOutput(0, c.InputDType(0), std::move(out));
  if (c.Input(0).contents && data.size() == 1 && c.InputType(1).Rank() <= 1 && c.Input(1).contents) {
    std::vector<Dim> picked;
    for (const Dim& index : *c.Input(1).contents) {
      if (!index.IsConstant()) return {};
      const int64_t n = static_cast<int64_t>(c.Input(0).contents->size());
      const int64_t i = *index.Constant() < 0 ? *index.Constant() + n : *index.Constant();
      if (i < 0 || i >= n)
        return c.Invalid(fmt::format("index {} is outside a dimension of {}", index.ToString(), n));
      picked.push_back((*c.Input(0).contents)[static_cast<size_t>(i)]);
    }
    c.SetContents(0, std::move(picked));
  }
  return {};
}

Status Evaluate(ReferenceContext& c) {
  const Tensor& data = c.Input(0);
  TRY(const size_t axis, NormaliseAxis(c.Int("axis"), data.rank()));
  const std::vector<int64_t> indices = c.Input(1).ToInts();
  Dims dims(data.dims().begin(), data.dims().begin() + static_cast<ptrdiff_t>(axis));
  dims.insert(dims.end(), c.Input(1).dims().begin(), c.Input(1).dims().end());
  dims.insert(dims.end(), data.dims().begin() + static_cast<ptrdiff_t>(axis) + 1, data.dims().end());
  TRY(Tensor out, c.Output(0, data.dtype(), dims));
  const int64_t outer = Product(data.dims(), 0, axis), whole = data.dims()[axis];
  const size_t inner =
      static_cast<size_t>(Product(data.dims(), axis + 1, data.rank())) * DTypeSize(data.dtype());
  std::byte* to = out.mutable_raw();
  for (int64_t o = 0; o < outer; ++o) {
    for (int64_t index : indices) {
      const int64_t i = index < 0 ? index + whole : index;
      if (i < 0 || i >= whole)
        return c.Invalid(fmt::format("index {} is outside a dimension of {}", index, whole));
      std::memcpy(to, data.raw() + static_cast<size_t>(o * whole + i) * inner, inner);
      to += inner;
    }
  }
  return {};
}

// Rows that were taken several times get the sum.
Status Differentiate(GradientContext& c) {
  TRY(const size_t axis, NormaliseAxis(c.Int("axis"), c.InputType(0).Rank()));
  const size_t picked = c.InputType(1).Rank();
  // The gathered dimensions come first, so that ScatterND can add along axis 0; and back.
  const size_t rank = c.InputType(0).Rank();
  std::vector<int64_t> data_order{static_cast<int64_t>(axis)}, back(rank), gradient_order;
  for (size_t i = 0; i < rank; ++i) {
    if (i != axis) data_order.push_back(static_cast<int64_t>(i));
  }
  for (size_t i = 0; i < rank; ++i) back[static_cast<size_t>(data_order[i])] = static_cast<int64_t>(i);
  for (size_t i = 0; i < picked; ++i) gradient_order.push_back(static_cast<int64_t>(axis + i));
  for (size_t i = 0; i < rank - 1 + picked; ++i) {
    if (i < axis || i >= axis + picked) gradient_order.push_back(static_cast<int64_t>(i));
  }
  GraphBuilder& b = c.b;
  const ValueId moved =
      axis == 0 ? c.OutputGradient(0) : b.Op("Transpose", {c.OutputGradient(0)}, {{"perm", gradient_order}});
  const ValueId zeros = ZerosLike(b, c.Input(0));
  const ValueId into = axis == 0 ? zeros : b.Op("Transpose", {zeros}, {{"perm", data_order}});
  const ValueId indices = b.Op("Unsqueeze", {c.Input(1), b.Ints({-1})});
  const ValueId sum = b.Op("ScatterND", {into, indices, moved}, {{"reduction", std::string("add")}});
  c.SetInputGradient(0, axis == 0 ? sum : b.Op("Transpose", {sum}, {{"perm", back}}));
  return {};
}

constexpr Formal kInputs[] = {{"data", 'T', kAllPlain}, {"indices", '-', kIndexes}};
constexpr Formal kOutputs[] = {{"output", 'T', kAllPlain}};
constexpr FormalAttribute kAttributes[] = {{"axis", AttributeKind::kInt, false, "0", "which"}};
constexpr std::string_view kSamples[] = {"data: T[N,M], indices: i64[K] in 0..N-1",
                                         "data: T[N,M,K], indices: i64[2,3] in -M..M-1 | axis=1",
                                         "data: T[N], indices: i64[] in 0..N-1"};

}  // namespace

const Operator& GatherOperator() {
  static const Operator page{
      .name = "Gather",
      .summary = "Slices of a tensor along an axis, by index.",
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
