#include <cmath>

#include "engine/ops/support/elementwise.h"

namespace sinter {
namespace {

// Dispatch reaches every fixed-size dtype; the page allows floating-point ones alone.
struct Formula {
  static bool Apply(auto x, const NodeView& node) {
    return std::isinf(static_cast<double>(x)) &&
           ((x > 0 && node.Int("detect_positive") != 0) || (x < 0 && node.Int("detect_negative") != 0));
  }
};

constexpr Formal kInputs[] = {{"X", 'T', kFloats}};
constexpr Formal kOutputs[] = {{"Y", '-', kBools}};
constexpr FormalAttribute kAttributes[] = {
    {"detect_negative", AttributeKind::kInt, false, "1", "count -inf"},
    {"detect_positive", AttributeKind::kInt, false, "1", "count +inf"}};
constexpr std::string_view kSamples[] = {"X: T[N,M]"};

}  // namespace

const Operator& IsInfOperator() {
  static const Operator page{
      .name = "IsInf",
      .summary = "Whether each element is infinite.",
      .inputs = kInputs,
      .outputs = kOutputs,
      .attributes = kAttributes,
      .infer = &InferBoolLikeInput,
      .reference = (&UnaryReference<Formula, kFloats, bool>),
      .gradient = Gradient(NoGradient{"the output is no number"}),
      .index = IndexExpression(Elementwise{}),
      .structure = Primitive{},
      .samples = Samples(kSamples),
  };
  return page;
}

}  // namespace sinter
