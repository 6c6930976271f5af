#include <algorithm>
#include <cmath>

#include "engine/ops/support/elementwise.h"
#include "engine/ops/support/quantise.h"

namespace sinter {
namespace {

// The zero point's dtype, else the attribute's, else u8, as ONNX has it.
DType ResultDType(const NodeView& node, std::optional<DType> zero_point) {
  return zero_point ? *zero_point : node.DTypeAttribute("output_dtype", DType::kU8);
}

Status Infer(InferContext& c) {
  TRY_STATUS(CheckScales(c));
  const DType dtype = ResultDType(c, c.HasInput(2) ? std::optional(c.InputDType(2)) : std::nullopt);
  if (!kQuantised.Has(dtype) || dtype == DType::kI32)
    return c.Invalid("output_dtype must be i8, u8, i16 or u16");
  if (c.DTypeAttribute("output_dtype", dtype) != dtype)
    return c.Invalid("output_dtype is another than the zero point's");
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
  const DType dtype = ResultDType(c, c.HasInput(2) ? std::optional(c.Input(2).dtype()) : std::nullopt);
  TRY(Tensor out, c.Output(0, dtype, in.dims()));
  DispatchDType(dtype, [&]<class Q>() {
    if constexpr (std::is_integral_v<Q> && !std::is_same_v<Q, bool> && sizeof(Q) <= 2) {
      const double low = std::numeric_limits<Q>::min(), high = std::numeric_limits<Q>::max();
      auto y = out.mutable_data<Q>();
      for (size_t i = 0; i < y.size(); ++i) {
        const size_t k = scale_of(static_cast<int64_t>(i));
        // nearbyint rounds halves to even, as ONNX asks; a NaN becomes the zero point.
        const double steps = std::nearbyint(in.AsDouble(static_cast<int64_t>(i)) / scales[k]);
        const double value = (std::isnan(steps) ? 0.0 : steps) + static_cast<double>(zeros[k]);
        y[i] = static_cast<Q>(std::clamp(value, low, high));
      }
    }
  });
  return {};
}

constexpr Formal kInputs[] = {
    {"x", 'T', kFloats},
    {"y_scale", 'T', kFloats},
    {"y_zero_point", 'Q', DTypeSet{DType::kI8, DType::kU8, DType::kI16, DType::kU16}, Arity::kOptional}};
constexpr Formal kOutputs[] = {{"y", '-', kQuantised}};
constexpr FormalAttribute kAttributes[] = {
    {"axis", AttributeKind::kInt, false, "1", "the axis with a scale for each index, or of the blocks"},
    {"block_size", AttributeKind::kInt, false, "0", "elements along axis that share a scale; 0: no blocks"},
    {"output_dtype", AttributeKind::kDType, false, {}, "where no zero point says it; u8 where neither does"}};
constexpr std::string_view kSamples[] = {
    "x: f32[N,M], y_scale: f32[] = {0.0625}",
    "x: f32[N,M,K], y_scale: f32[M] in 0.1..1, y_zero_point: i8[M]",
    "x: f32[N,M], y_scale: f32[N] in 0.1..1 | axis=0, output_dtype=i16",
    "x: f32[N,M], y_scale: f32[M] in 0.1..1, y_zero_point: u16[M] in 0..99",
    "x: f32[N,6], y_scale: f32[N,3] in 0.1..1, y_zero_point: u8[N,3] | block_size=2",
    "x: f32[N,6,M], y_scale: f32[N,3,M] in 0.1..1 | axis=1, block_size=2, output_dtype=i8"};

}  // namespace

const Operator& QuantizeLinearOperator() {
  static const Operator page{
      .name = "QuantizeLinear",
      .summary =
          "x / scale, rounded to the nearest integer (halves to even), plus the zero point, saturated.",
      .inputs = kInputs,
      .outputs = kOutputs,
      .attributes = kAttributes,
      .infer = &Infer,
      .reference = &Evaluate,
      .gradient = Gradient(NoGradient{"piecewise constant: zero almost everywhere"}),
      .index = IndexExpression(Elementwise{.positional = true}),
      .structure = Primitive{},
      .samples = Samples(kSamples),
  };
  return page;
}

}  // namespace sinter
