#include "engine/ops/support/elementwise.h"
#include "engine/ops/support/quantise.h"

namespace sinter {
namespace {

DType ResultDType(const NodeView& node, DType scale) { return node.DTypeAttribute("output_dtype", scale); }

Status Infer(InferContext& c) {
  TRY_STATUS(CheckScales(c));
  const DType dtype = ResultDType(c, c.InputDType(1));
  if (!kFloats.Has(dtype)) return c.Invalid("output_dtype must be a floating-point type");
  c.SetOutput(0, dtype, c.InputShape(0));
  return {};
}

Status Evaluate(ReferenceContext& c) {
  const Tensor& in = c.Input(0);
  TRY(const ScaleIndex scale_of, ScaleIndex::Create(c));
  std::vector<double> scales;
  std::vector<int64_t> zeros(static_cast<size_t>(c.Input(1).elements()), 0);
  scales.reserve(zeros.size());
  for (int64_t i = 0; i < c.Input(1).elements(); ++i) scales.push_back(c.Input(1).AsDouble(i));
  if (c.HasInput(2)) zeros = c.Input(2).ToInts();
  TRY(Tensor out, c.Output(0, ResultDType(c, c.Input(1).dtype()), in.dims()));
  DispatchDType(in.dtype(), [&]<class I>() {
    if constexpr (std::is_integral_v<I>) {
      const auto x = in.data<I>();
      DispatchDType(out.dtype(), [&]<class T>() {
        if constexpr (!std::is_integral_v<T>) {
          auto y = out.mutable_data<T>();
          for (size_t i = 0; i < x.size(); ++i) {
            const size_t k = scale_of(static_cast<int64_t>(i));
            y[i] = Narrow<T>(static_cast<double>(static_cast<int64_t>(x[i]) - zeros[k]) * scales[k]);
          }
        }
      });
    }
  });
  return {};
}

constexpr Formal kInputs[] = {
    {"x", 'Q', kQuantised}, {"x_scale", 'T', kFloats}, {"x_zero_point", 'Q', kQuantised, Arity::kOptional}};
constexpr Formal kOutputs[] = {{"y", '-', kFloats}};
constexpr FormalAttribute kAttributes[] = {
    {"axis", AttributeKind::kInt, false, "1", "the axis with a scale for each index, or of the blocks"},
    {"block_size", AttributeKind::kInt, false, "0", "elements along axis that share a scale; 0: no blocks"},
    {"output_dtype", AttributeKind::kDType, false, {}, "the scale's dtype where absent"}};
constexpr std::string_view kSamples[] = {
    "x: i8[N,M], x_scale: T[] in 0.01..1",
    "x: u8[N,M,K], x_scale: T[M] in 0.01..1, x_zero_point: u8[M]",
    "x: i32[N,M], x_scale: T[N] in 0.01..1 | axis=0",
    "x: i16[N,M], x_scale: T[M] in 0.01..1",
    "x: u16[N,6], x_scale: T[N,3] in 0.01..1, x_zero_point: u16[N,3] | block_size=2",
    "x: i8[N,6,M], x_scale: T[N,3,M] in 0.01..1, x_zero_point: i8[N,3,M] | axis=-2, block_size=2"};

}  // namespace

const Operator& DequantizeLinearOperator() {
  static const Operator page{
      .name = "DequantizeLinear",
      .summary =
          "(x - zero point) * scale, with one scale for all, for each index of an axis, or for each "
          "block along it.",
      .inputs = kInputs,
      .outputs = kOutputs,
      .attributes = kAttributes,
      .infer = &Infer,
      .reference = &Evaluate,
      .gradient = Gradient(NoGradient{"its input is integer"}),
      .index = IndexExpression(Elementwise{.positional = true}),
      .structure = Primitive{},
      .samples = Samples(kSamples),
  };
  return page;
}

}  // namespace sinter
