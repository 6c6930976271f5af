#include "engine/ops/support/elementwise.h"

namespace sinter {
namespace {

Status Infer(InferContext& c) {
  c.SetOutput(0, c.TensorAttribute("value")->type());
  return {};
}

Status Evaluate(ReferenceContext& c) {
  c.SetOutput(0, *c.TensorAttribute("value"));
  return {};
}

constexpr Formal kOutputs[] = {{"output", '-', kAnyDType}};
constexpr FormalAttribute kAttributes[] = {{"value", AttributeKind::kTensor, true, {}, "the value"}};

}  // namespace

const Operator& ConstantOperator() {
  static const Operator page{
      .name = "Constant",
      .summary = "A value that stands in the graph.",
      .inputs = std::span<const Formal>{},
      .outputs = kOutputs,
      .attributes = kAttributes,
      .infer = &Infer,
      .reference = &Evaluate,
      .gradient = Gradient(NoGradient{"has no input"}),
      .index = IndexExpression(Opaque{"has no input"}),
      .structure = Primitive{},
      .samples = NoSamples{"every test that holds a constant"},
  };
  return page;
}

}  // namespace sinter
