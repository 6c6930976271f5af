#include "engine/ops/support/convert.h"
#include "engine/ops/support/shapes.h"

namespace sinter {
namespace {

Status Infer(InferContext& c) {
  c.SetOutput(0, c.InputDType(1), c.InputShape(0));
  if (c.Input(0).contents && IsInteger(c.InputDType(1))) c.SetContents(0, *c.Input(0).contents);
  return {};
}

Status Evaluate(ReferenceContext& c) {
  const Tensor& in = c.Input(0);
  TRY(Tensor out, c.Output(0, c.Input(1).dtype(), in.dims()));
  DispatchDType(in.dtype(), [&]<class From>() {
    const auto x = in.data<From>();
    DispatchDType(out.dtype(), [&]<class To>() {
      auto y = out.mutable_data<To>();
      for (size_t i = 0; i < x.size(); ++i) y[i] = ConvertElement<To>(Widen(x[i]));
    });
  });
  return {};
}

Status Lower(LoweringContext& c) {
  c.results[0] = c.b.Op("Cast", {c.Input(0)}, {{"to", c.InputType(1).dtype}});
  return {};
}

Status Differentiate(GradientContext& c) {
  if (c.Needs(0) && IsFloat(c.InputType(0).dtype))
    c.SetInputGradient(0, c.b.Op("Cast", {c.OutputGradient(0)}, {{"to", c.InputType(0).dtype}}));
  if (c.Needs(1)) c.SetInputGradient(1, ZerosLike(c.b, c.Input(1)));
  return {};
}

constexpr Formal kInputs[] = {{"input", '-', kAllPlain}, {"target_type", '-', kAllPlain}};
constexpr Formal kOutputs[] = {{"output", '-', kAllPlain}};
constexpr FormalAttribute kAttributes[] = {
    {"saturate", AttributeKind::kInt, false, "1", "of 8-bit floats, which there are none of here"}};
constexpr std::string_view kSamples[] = {"input: f64[N,M], like: f64[K]",
                                         "input: f32[N,M] in -20..20, like: i8[]",
                                         "input: u8[N] in 0..255, like: f32[N]"};

}  // namespace

const Operator& CastLikeOperator() {
  static const Operator page{
      .name = "CastLike",
      .summary = "Each element in the dtype of another tensor.",
      .inputs = kInputs,
      .outputs = kOutputs,
      .attributes = kAttributes,
      .infer = &Infer,
      .reference = &Evaluate,
      .gradient = Gradient(&Differentiate),
      .index = IndexExpression(Opaque{"the second input gives its dtype alone"}),
      .structure = (Composition{&Lower, {}}),
      .samples = Samples(kSamples),
  };
  return page;
}

}  // namespace sinter
