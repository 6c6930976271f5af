#include <cstring>

#include "engine/ops/support/elementwise.h"

namespace sinter {
namespace {

Status Evaluate(ReferenceContext& c) {
  const Tensor& in = c.Input(0);
  if (in.rank() < 2) return c.Invalid("a matrix is needed");
  const int64_t k = c.HasInput(1) ? c.Input(1).AsInt(0) : 0;
  const int64_t rows = in.dims()[in.rank() - 2], columns = in.dims()[in.rank() - 1];
  TRY(Tensor out, c.Output(0, in.dtype(), in.dims()));
  const size_t size = DTypeSize(in.dtype());
  const bool upper = c.Int("upper") != 0;
  for (int64_t i = 0; i < in.elements(); ++i) {
    const int64_t row = i / columns % rows, column = i % columns;
    const bool keep = upper ? column - row >= k : column - row <= k;
    std::byte* to = out.mutable_raw() + static_cast<size_t>(i) * size;
    if (keep)
      std::memcpy(to, in.raw() + static_cast<size_t>(i) * size, size);
    else
      std::memset(to, 0, size);
  }
  return {};
}

Status Differentiate(GradientContext& c) {
  const Attributes attributes{{"upper", c.Int("upper")}};
  if (c.HasInput(1))
    c.SetInputGradient(0, c.b.Op("Trilu", {c.OutputGradient(0), c.Input(1)}, attributes));
  else
    c.SetInputGradient(0, c.b.Op("Trilu", {c.OutputGradient(0)}, attributes));
  return {};
}

constexpr Formal kInputs[] = {{"input", 'T', kAllPlain}, {"k", '-', kIndexes, Arity::kOptional}};
constexpr Formal kOutputs[] = {{"output", 'T', kAllPlain}};
constexpr FormalAttribute kAttributes[] = {
    {"upper", AttributeKind::kInt, false, "1", "1: keep the upper part"}};
constexpr std::string_view kSamples[] = {"input: T[N,M]", "input: T[2,N,M], k: i64[] = {-1} | upper=0",
                                         "input: T[4,4], k: i64[] = {1}"};

}  // namespace

const Operator& TriluOperator() {
  static const Operator page{
      .name = "Trilu",
      .summary = "The upper or lower triangle of matrices, zeros elsewhere.",
      .inputs = kInputs,
      .outputs = kOutputs,
      .attributes = kAttributes,
      .infer = &InferSameAsInput,
      .reference = &Evaluate,
      .gradient = Gradient(&Differentiate),
      .index = IndexExpression(Opaque{"keeps by position"}),
      .structure = Primitive{},
      .samples = Samples(kSamples),
  };
  return page;
}

}  // namespace sinter
