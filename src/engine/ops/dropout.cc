#include <algorithm>

#include "engine/ops/support/elementwise.h"
#include "engine/ops/support/shapes.h"

namespace sinter {
namespace {

Status Infer(InferContext& c) {
  c.SetOutput(0, c.InputType(0));
  if (c.OutputCount() > 1) c.SetOutput(1, DType::kBool, c.InputShape(0));
  return {};
}

Status Evaluate(ReferenceContext& c) {
  if (c.HasInput(2) && c.Input(2).data<bool>()[0] && c.HasInput(1) && c.Input(1).AsDouble(0) > 0) {
    return c.Invalid("training_mode draws an unseeded mask", "use sinter.SeededDropout");
  }
  if (c.WantsOutput(1)) {
    TRY(Tensor mask, c.Output(1, DType::kBool, c.Input(0).dims()));
    std::ranges::fill(mask.mutable_data<bool>(), true);
  }
  return CopyAs(c, c.Input(0).dims());
}

Status Differentiate(GradientContext& c) {
  if (c.Needs(0)) c.SetInputGradient(0, c.OutputGradient(0));
  return {};
}

bool PassesThrough(const NodeView&, std::span<const ValueFacts* const> inputs, const Type&) {
  return inputs.size() < 3 || inputs[2] == nullptr;  // no training_mode
}

constexpr Formal kInputs[] = {{"data", 'T', kFloats},
                              {"ratio", '-', kFloats, Arity::kOptional},
                              {"training_mode", '-', kBools, Arity::kOptional}};
constexpr Formal kOutputs[] = {{"output", 'T', kFloats}, {"mask", '-', kBools, Arity::kOptional}};
constexpr FormalAttribute kAttributes[] = {{"seed", AttributeKind::kInt, false, "0", "of ONNX; not used"}};
constexpr std::string_view kSamples[] = {"data: T[N,M]"};

}  // namespace

const Operator& DropoutOperator() {
  static const Operator page{
      .name = "Dropout",
      .summary =
          "ONNX's dropout at inference: the input as it is. Training uses sinter.SeededDropout, whose mask "
          "is seeded.",
      .inputs = kInputs,
      .outputs = kOutputs,
      .attributes = kAttributes,
      .infer = &Infer,
      .reference = &Evaluate,
      .gradient = Gradient(&Differentiate),
      .index = IndexExpression(Elementwise{}),
      .structure = Primitive{},
      .passes_through = &PassesThrough,
      .samples = Samples(kSamples),
  };
  return page;
}

}  // namespace sinter
