#include "engine/ops/support/elementwise.h"
#include "engine/ops/support/group_normalisation.h"

namespace sinter {
namespace {

Status Infer(InferContext& c) { return InferGroups(c, c.Int("num_groups")); }
Status Evaluate(ReferenceContext& c) { return EvaluateGroups(c, c.Int("num_groups")); }
Status Lower(LoweringContext& c) { return LowerGroups(c, c.Int("num_groups")); }
Status Differentiate(GradientContext& c) { return DifferentiateGroups(c, c.Int("num_groups")); }

constexpr Formal kInputs[] = {{"X", 'T', kFloats}, {"scale", 'T', kFloats}, {"bias", 'T', kFloats}};
constexpr Formal kOutputs[] = {{"Y", 'T', kFloats}};
constexpr FormalAttribute kAttributes[] = {
    {"num_groups", AttributeKind::kInt, true, {}, "into how many groups the channels go"},
    {"epsilon", AttributeKind::kFloat, false, "1e-5", "added to the variance"},
    {"stash_type", AttributeKind::kInt, false, "1",
     "ONNX's dtype of the statistics; f32 alone (f64 for f64)"}};
constexpr std::string_view kSamples[] = {"X: T[N,4,3,5], scale: T[4], bias: T[4] | num_groups=2",
                                         "X: T[N,3,7], scale: T[3], bias: T[3] | num_groups=1, epsilon=0.01"};

}  // namespace

const Operator& GroupNormalizationOperator() {
  static const Operator page{
      .name = "GroupNormalization",
      .summary = "Groups of each example's channels normalised by their own mean and variance.",
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
