#include <cstring>

#include <fmt/format.h>

#include "engine/ops/support/elementwise.h"
#include "engine/ops/support/shapes.h"
#include "engine/ops/support/tuples.h"

namespace sinter {
namespace {

Status Infer(InferContext& c) {
  const Shape& data = c.InputShape(0);
  const Shape& indices = c.InputShape(1);
  if (c.Int("batch_dims") != 0) return c.Invalid("batch_dims other than 0 is not offered");
  if (indices.empty() || !indices.back().IsConstant())
    return c.Invalid("the length of the index tuples must be a number");
  const int64_t depth = *indices.back().Constant();
  if (depth < 1 || depth > static_cast<int64_t>(data.size()))
    return c.Invalid(fmt::format("tuples of {} into rank {}", depth, data.size()));
  Shape out(indices.begin(), indices.end() - 1);
  out.insert(out.end(), data.begin() + depth, data.end());
  c.SetOutput(0, c.InputDType(0), std::move(out));
  return {};
}

Status Evaluate(ReferenceContext& c) {
  const Tensor& data = c.Input(0);
  const size_t depth = static_cast<size_t>(c.Input(1).dims().back());
  Dims dims(c.Input(1).dims().begin(), c.Input(1).dims().end() - 1);
  dims.insert(dims.end(), data.dims().begin() + static_cast<ptrdiff_t>(depth), data.dims().end());
  TRY(Tensor out, c.Output(0, data.dtype(), dims));
  TRY(const auto offsets, TupleOffsets(c, data, c.Input(1)));
  const size_t bytes =
      static_cast<size_t>(Product(data.dims(), depth, data.rank())) * DTypeSize(data.dtype());
  std::byte* to = out.mutable_raw();
  for (int64_t offset : offsets) {
    std::memcpy(to, data.raw() + static_cast<size_t>(offset) * DTypeSize(data.dtype()), bytes);
    to += bytes;
  }
  return {};
}

Status Differentiate(GradientContext& c) {
  c.SetInputGradient(0, c.b.Op("ScatterND", {ZerosLike(c.b, c.Input(0)), c.Input(1), c.OutputGradient(0)},
                               {{"reduction", std::string("add")}}));
  return {};
}

constexpr Formal kInputs[] = {{"data", 'T', kAllPlain}, {"indices", '-', kIndexes}};
constexpr Formal kOutputs[] = {{"output", 'T', kAllPlain}};
constexpr FormalAttribute kAttributes[] = {
    {"batch_dims", AttributeKind::kInt, false, "0",
     "leading dimensions shared by data and indices (0 alone is offered)"}};
constexpr std::string_view kSamples[] = {"data: T[3,M,K], indices: i64[N,1] in 0..2",
                                         "data: T[3,4,K], indices: i64[N,2] in -3..2"};

}  // namespace

const Operator& GatherNDOperator() {
  static const Operator page{
      .name = "GatherND",
      .summary = "Slices of a tensor at index tuples (the last dimension of indices).",
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
