#include "engine/ops/support/elementwise.h"
#include "engine/ops/support/group_normalisation.h"

namespace sinter {
namespace {

// Each channel is a group of its own.
Status Infer(InferContext& c) {
  const auto channels = c.InputShape(0).size() < 2 ? std::nullopt : c.InputShape(0)[1].Constant();
  return InferGroups(c, channels.value_or(1));
}
Status Evaluate(ReferenceContext& c) { return EvaluateGroups(c, c.Input(0).dim(1)); }
Status Lower(LoweringContext& c) { return LowerGroups(c, *c.InputType(0).shape[1].Constant()); }
Status Differentiate(GradientContext& c) {
  return DifferentiateGroups(c, *c.InputType(0).shape[1].Constant());
}

constexpr Formal kInputs[] = {{"input", 'T', kFloats}, {"scale", 'T', kFloats}, {"B", 'T', kFloats}};
constexpr Formal kOutputs[] = {{"output", 'T', kFloats}};
constexpr FormalAttribute kAttributes[] = {
    {"epsilon", AttributeKind::kFloat, false, "1e-5", "added to the variance"}};
constexpr std::string_view kSamples[] = {"input: T[N,3,4,5], scale: T[3], B: T[3]",
                                         "input: T[N,2,7], scale: T[2], B: T[2] | epsilon=0.01"};

}  // namespace

const Operator& InstanceNormalizationOperator() {
  static const Operator page{
      .name = "InstanceNormalization",
      .summary = "Each example's channel normalised by its own mean and variance.",
      .inputs = kInputs,
      .outputs = kOutputs,
      .attributes = kAttributes,
      .infer = &Infer,
      .reference = &Evaluate,
      .gradient = Gradient(&Differentiate),
      .index = IndexExpression(Opaque{"statistics over the spatial dimensions"}),
      .structure = (Composition{&Lower, {}}),
      .samples = Samples(kSamples),
  };
  return page;
}

}  // namespace sinter
