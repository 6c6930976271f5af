#include "engine/ops/support/convert.h"

namespace sinter {
namespace {

Status Infer(InferContext& c) {
  c.SetOutput(0, c.DTypeAttribute("to"), c.InputShape(0));
  if (c.Input(0).contents && IsInteger(c.DTypeAttribute("to"))) c.SetContents(0, *c.Input(0).contents);
  return {};
}

Status Evaluate(ReferenceContext& c) {
  const Tensor& in = c.Input(0);
  TRY(Tensor out, c.Output(0, c.DTypeAttribute("to"), in.dims()));
  DispatchDType(in.dtype(), [&]<class From>() {
    const auto x = in.data<From>();
    DispatchDType(out.dtype(), [&]<class To>() {
      auto y = out.mutable_data<To>();
      for (size_t i = 0; i < x.size(); ++i) y[i] = ConvertElement<To>(Widen(x[i]));
    });
  });
  return {};
}

Status Differentiate(GradientContext& c) {
  if (IsFloat(c.InputType(0).dtype))
    c.SetInputGradient(0, c.b.Op("Cast", {c.OutputGradient(0)}, {{"to", c.InputType(0).dtype}}));
  return {};
}

constexpr Formal kInputs[] = {{"input", '-', kAllPlain}};
constexpr Formal kOutputs[] = {{"output", '-', kAllPlain}};
constexpr FormalAttribute kAttributes[] = {
    {"to", AttributeKind::kDType, true, {}, "the dtype"},
    {"saturate", AttributeKind::kInt, false, "1", "of 8-bit floats, which there are none of here"}};
constexpr std::string_view kSamples[] = {"input: f64[N,M] | to=f64", "input: f32[N,M] in -20..20 | to=i8",
                                         "input: i64[N] in -3..3 | to=bool",
                                         "input: u8[N] in 0..255 | to=f32", "input: f32[N] | to=bf16"};

}  // namespace

const Operator& CastOperator() {
  static const Operator page{
      .name = "Cast",
      .summary = "Each element in another dtype; floating-point numbers to integers truncate.",
      .inputs = kInputs,
      .outputs = kOutputs,
      .attributes = kAttributes,
      .infer = &Infer,
      .reference = &Evaluate,
      .gradient = Gradient(&Differentiate),
      .index = IndexExpression(Elementwise{}),
      .structure = Primitive{},
      .passes_through = &PassesWhereTypeStays,
      .samples = Samples(kSamples),
  };
  return page;
}

}  // namespace sinter
