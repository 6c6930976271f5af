#include "engine/ops/support/elementwise.h"

namespace sinter {
namespace {

Status Evaluate(ReferenceContext& c) {
  const Tensor& in = c.Input(0);
  TRY(Tensor out, c.Output(0, in.dtype(), in.dims()));
  DispatchIn<kNumeric>(in.dtype(), [&]<class T>() {
    const auto x = in.data<T>();
    auto y = out.mutable_data<T>();
    for (size_t i = 0; i < x.size(); ++i) {
      y[i] = x[i];
      if (c.HasInput(1) && Widen(y[i]) < Widen(c.Input(1).data<T>()[0])) y[i] = c.Input(1).data<T>()[0];
      if (c.HasInput(2) && Widen(y[i]) > Widen(c.Input(2).data<T>()[0])) y[i] = c.Input(2).data<T>()[0];
    }
  });
  return {};
}

// Passes where the element is what it was.
Status Differentiate(GradientContext& c) {
  const ValueId kept = c.b.Op("Equal", {c.Input(0), c.Output(0)});
  c.SetInputGradient(0, c.b.Op("Where", {kept, c.OutputGradient(0), c.b.Scalar(c.InputType(0).dtype, 0)}));
  return {};
}

constexpr Formal kInputs[] = {{"input", 'T', kNumeric},
                              {"min", 'T', kNumeric, Arity::kOptional},
                              {"max", 'T', kNumeric, Arity::kOptional}};
constexpr Formal kOutputs[] = {{"output", 'T', kNumeric}};
constexpr std::string_view kSamples[] = {"input: T[N,M] distinct", "input: T[N,M] distinct, min: T[] = {0}",
                                         "input: T[N,M] distinct, min: T[] = {0}, max: T[] = {1}"};

}  // namespace

const Operator& ClipOperator() {
  static const Operator page{
      .name = "Clip",
      .summary = "Each element, at least min and at most max.",
      .inputs = kInputs,
      .outputs = kOutputs,
      .attributes = std::span<const FormalAttribute>{},
      .infer = &InferSameAsInput,
      .reference = &Evaluate,
      .gradient = Gradient(&Differentiate),
      .index = IndexExpression(Elementwise{}),
      .structure = Primitive{},
      .samples = Samples(kSamples),
  };
  return page;
}

}  // namespace sinter
