#include <cmath>

#include "engine/ops/support/softmax.h"

namespace sinter {
namespace {

struct Formula {
  static double Of(double shifted, double sum) { return shifted - std::log(sum); }
};

Status Differentiate(GradientContext& c) {
  GraphBuilder& b = c.b;
  const ValueId g = c.OutputGradient(0), axes = b.Ints({c.Int("axis")});
  // dX = dY - softmax(X) sum(dY)
  const ValueId sum = b.Op("ReduceSum", {g, axes});
  c.SetInputGradient(0, b.Op("Sub", {g, b.Op("Mul", {b.Op("Exp", {c.Output(0)}), sum})}));
  return {};
}

constexpr Formal kInputs[] = {{"input", 'T', kFloats}};
constexpr Formal kOutputs[] = {{"output", 'T', kFloats}};
constexpr FormalAttribute kAttributes[] = {{"axis", AttributeKind::kInt, false, "-1", "which"}};
constexpr std::string_view kSamples[] = {"input: T[N,M]", "input: T[N,M,K] | axis=1"};

}  // namespace

const Operator& LogSoftmaxOperator() {
  static const Operator page{
      .name = "LogSoftmax",
      .summary = "The logarithm of softmax along an axis.",
      .inputs = kInputs,
      .outputs = kOutputs,
      .attributes = kAttributes,
      .infer = &InferSoftmax,
      .reference = (&SoftmaxReference<Formula>),
      .gradient = Gradient(&Differentiate),
      .index = IndexExpression(RowWise{}),
      .structure = Primitive{},
      .samples = Samples(kSamples),
  };
  return page;
}

}  // namespace sinter
