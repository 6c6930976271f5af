#include <cmath>

#include "engine/ops/support/convert.h"
#include "engine/ops/support/elementwise.h"

namespace sinter {
namespace {

constexpr DTypeSet kBases = kFloats | DTypeSet{DType::kI32, DType::kI64};

// Exact where the power fits; what does not wraps, as NumPy has it. 1 / a^-b truncates.
template <class T>
T IntegerPower(T base, int64_t exponent) {
  if (exponent < 0) return base == 1 || base == -1 ? (exponent % 2 == 0 ? T(1) : base) : T(0);
  uint64_t result = 1, factor = static_cast<uint64_t>(base);
  for (; exponent > 0; exponent >>= 1, factor *= factor) {
    if ((exponent & 1) != 0) result *= factor;
  }
  return static_cast<T>(result);
}

Status Evaluate(ReferenceContext& c) {
  const Tensor& a = c.Input(0);
  const Tensor& b = c.Input(1);
  TRY(const Dims dims, BroadcastDims(a.dims(), b.dims()));
  TRY(Tensor out, c.Output(0, a.dtype(), dims));
  DispatchIn<kBases>(a.dtype(), [&]<class T>() {
    DispatchIn<kNumeric>(b.dtype(), [&]<class E>() {
      auto y = out.mutable_data<T>();
      BroadcastWalk<2> walk(dims, {&a.dims(), &b.dims()});
      for (size_t i = 0; i < y.size(); ++i, walk.Next()) {
        const T base = a.data<T>()[static_cast<size_t>(walk.at(0))];
        const E exponent = b.data<E>()[static_cast<size_t>(walk.at(1))];
        if constexpr (std::is_integral_v<T> && std::is_integral_v<E>)
          y[i] = IntegerPower(base, static_cast<int64_t>(exponent));
        else
          y[i] = ConvertElement<T>(
              std::pow(static_cast<double>(Widen(base)), static_cast<double>(Widen(exponent))));
      }
    });
  });
  return {};
}

Status Differentiate(GradientContext& c) {
  GraphBuilder& b = c.b;
  const DType dtype = c.InputType(0).dtype;
  ValueId exponent = c.Input(1);
  if (c.InputType(1).dtype != dtype) exponent = b.Op("Cast", {exponent}, {{"to", dtype}});
  if (c.Needs(0)) {
    const ValueId lower = b.Op("Pow", {c.Input(0), b.Op("Sub", {exponent, b.Scalar(dtype, 1)})});
    SetBroadcastGradient(c, 0, b.Op("Mul", {c.OutputGradient(0), b.Op("Mul", {exponent, lower})}));
  }
  if (c.Needs(1)) {
    const ValueId slope = b.Op("Mul", {c.Output(0), b.Op("Log", {c.Input(0)})});
    ValueId gradient = b.Op("Mul", {c.OutputGradient(0), slope});
    if (c.InputType(1).dtype != dtype) gradient = b.Op("Cast", {gradient}, {{"to", c.InputType(1).dtype}});
    SetBroadcastGradient(c, 1, gradient);
  }
  return {};
}

constexpr Formal kInputs[] = {{"A", 'T', kBases}, {"B", 'S', kNumeric}};
constexpr Formal kOutputs[] = {{"C", 'T', kBases}};
constexpr std::string_view kSamples[] = {
    "A: f32[N,M] in 0.5..2, B: f32[N,M]",        "A: f64[N,M] in 0.5..2, B: f64[]",
    "A: f16[N,M] in 0.5..2, B: f16[M]",          "A: f32[N,M] in 0.5..2, B: i64[] in -2..3",
    "A: f64[N,M] in 0.5..2, B: i32[M] in -2..3", "A: i64[N,M] in -3..3, B: i64[M] in 0..3",
    "A: i32[N,M] in 1..3, B: f32[N,M]"};

}  // namespace

const Operator& PowOperator() {
  static const Operator page{
      .name = "Pow",
      .summary = "A to the power of B, broadcast.",
      .inputs = kInputs,
      .outputs = kOutputs,
      .attributes = std::span<const FormalAttribute>{},
      .infer = &InferBroadcast,
      .reference = &Evaluate,
      .gradient = Gradient(&Differentiate),
      .index = IndexExpression(Elementwise{}),
      .structure = Primitive{},
      .algebra = {.identity = 1},
      .samples = Samples(kSamples),
  };
  return page;
}

}  // namespace sinter
