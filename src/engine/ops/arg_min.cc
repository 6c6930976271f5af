#include "engine/ops/support/elementwise.h"
#include "engine/ops/support/shapes.h"

namespace sinter {
namespace {

Status Infer(InferContext& c) {
  Shape out = c.InputShape(0);
  TRY(const int64_t axis, c.Axis("axis", out.size()));
  if (c.Int("keepdims") != 0)
    out[static_cast<size_t>(axis)] = 1;
  else
    out.erase(out.begin() + axis);
  c.SetOutput(0, DType::kI64, std::move(out));
  return {};
}

Status Evaluate(ReferenceContext& c) {
  const Tensor& in = c.Input(0);
  TRY(const int64_t axis, c.Axis("axis", in.rank()));
  const size_t at = static_cast<size_t>(axis);
  const int64_t outer = Product(in.dims(), 0, at), length = in.dims()[at],
                inner = Product(in.dims(), at + 1, in.rank());
  if (length == 0) return c.Invalid("an empty axis has no extreme");
  Dims dims = in.dims();
  if (c.Int("keepdims") != 0)
    dims[at] = 1;
  else
    dims.erase(dims.begin() + axis);
  TRY(Tensor out, c.Output(0, DType::kI64, dims));
  const bool last = c.Int("select_last_index") != 0;
  DispatchIn<kNumeric>(in.dtype(), [&]<class T>() {
    const auto x = in.data<T>();
    for (int64_t o = 0; o < outer; ++o) {
      for (int64_t i = 0; i < inner; ++i) {
        int64_t best = 0;
        auto value = [&](int64_t k) { return Widen(x[static_cast<size_t>((o * length + k) * inner + i)]); };
        for (int64_t k = 1; k < length; ++k) {
          if (value(k) < value(best) || (last && value(k) == value(best))) best = k;
        }
        out.mutable_data<int64_t>()[static_cast<size_t>(o * inner + i)] = best;
      }
    }
  });
  return {};
}

constexpr Formal kInputs[] = {{"data", '-', kNumeric}};
constexpr Formal kOutputs[] = {{"reduced", '-', kIndexes}};
constexpr FormalAttribute kAttributes[] = {
    {"axis", AttributeKind::kInt, false, "0", "which"},
    {"keepdims", AttributeKind::kInt, false, "1", "1: the axis stays, as 1"},
    {"select_last_index", AttributeKind::kInt, false, "0", "1: the last of equals"}};
constexpr std::string_view kSamples[] = {"data: T[N,M,K] | axis=1", "data: T[N,M] | axis=-1, keepdims=0",
                                         "data: T[N,M,K] | axis=-1, select_last_index=1",
                                         "data: T[N,M] | select_last_index=1"};

}  // namespace

const Operator& ArgMinOperator() {
  static const Operator page{
      .name = "ArgMin",
      .summary = "The index of the least element along an axis.",
      .inputs = kInputs,
      .outputs = kOutputs,
      .attributes = kAttributes,
      .infer = &Infer,
      .reference = &Evaluate,
      .gradient = Gradient(NoGradient{"the output is integer"}),
      .index = IndexExpression(Reduction{"arg"}),
      .structure = Primitive{},
      .samples = Samples(kSamples),
  };
  return page;
}

}  // namespace sinter
