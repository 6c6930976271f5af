#include "engine/ops/support/elementwise.h"
#include "engine/ops/support/shapes.h"

namespace sinter {
namespace {

Status Evaluate(ReferenceContext& c) {
  const Tensor& in = c.Input(0);
  TRY(const size_t axis, NormaliseAxis(c.Input(1).AsInt(0), in.rank()));
  TRY(Tensor out, c.Output(0, in.dtype(), in.dims()));
  const int64_t outer = Product(in.dims(), 0, axis), length = in.dims()[axis],
                inner = Product(in.dims(), axis + 1, in.rank());
  const bool exclusive = c.Int("exclusive") != 0, reverse = c.Int("reverse") != 0;
  DispatchIn<kNumeric>(in.dtype(), [&]<class T>() {
    for (int64_t line = 0; line < outer * inner; ++line) {
      Wide<T> sum = 0;
      for (int64_t k = 0; k < length; ++k) {
        const int64_t step = reverse ? length - 1 - k : k;
        const size_t at = static_cast<size_t>((line / inner * length + step) * inner + line % inner);
        const Wide<T> before = sum;
        sum = static_cast<Wide<T>>(sum + Widen(in.data<T>()[at]));
        out.mutable_data<T>()[at] = Narrow<T>(exclusive ? before : sum);
      }
    }
  });
  return {};
}

Status Differentiate(GradientContext& c) {
  const Attributes attributes{{"exclusive", c.Int("exclusive")}, {"reverse", int64_t{c.Int("reverse") == 0}}};
  c.SetInputGradient(0, c.b.Op("CumSum", {c.OutputGradient(0), c.Input(1)}, attributes));
  return {};
}

constexpr Formal kInputs[] = {{"x", 'T', kNumeric}, {"axis", '-', kIndexes}};
constexpr Formal kOutputs[] = {{"y", 'T', kNumeric}};
constexpr FormalAttribute kAttributes[] = {
    {"exclusive", AttributeKind::kInt, false, "0", "1: each sum without its own element"},
    {"reverse", AttributeKind::kInt, false, "0", "1: from the end"}};
constexpr std::string_view kSamples[] = {
    "x: T[N,M], axis: i64[] = {1}", "x: T[N,M], axis: i64[] = {-2} | exclusive=1",
    "x: T[N], axis: i64[] = {0} | reverse=1", "x: T[N,M,K], axis: i64[] = {1} | reverse=1, exclusive=1"};

}  // namespace

const Operator& CumSumOperator() {
  static const Operator page{
      .name = "CumSum",
      .summary = "Running sums along an axis.",
      .inputs = kInputs,
      .outputs = kOutputs,
      .attributes = kAttributes,
      .infer = &InferSameAsInput,
      .reference = &Evaluate,
      .gradient = Gradient(&Differentiate),
      .index = IndexExpression(Opaque{"a scan"}),
      .structure = Primitive{},
      .samples = Samples(kSamples),
  };
  return page;
}

}  // namespace sinter
