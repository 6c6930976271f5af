#include <algorithm>

#include "engine/ops/support/cross_entropy.h"

namespace sinter {
namespace {

Status Infer(InferContext& c) {
  TRY_STATUS(CheckCrossEntropy(c, 0, 1, 2));
  c.SetOutput(0, c.InputDType(0), c.String("reduction") == "none" ? c.InputShape(1) : Shape{});
  if (c.OutputCount() > 1) c.SetOutput(1, c.InputType(0));
  return {};
}

Status Evaluate(ReferenceContext& c) {
  TRY(const CrossEntropy e, CrossEntropyOf(c, 0, 1, 2));
  const std::string reduction = c.String("reduction");
  TRY(Tensor out, c.Output(0, c.Input(0).dtype(), reduction == "none" ? c.Input(1).dims() : Dims{}));
  Tensor log_prob;
  if (c.WantsOutput(1)) {
    TRY(log_prob, c.Output(1, c.Input(0).dtype(), c.Input(0).dims()));
  }
  DispatchIn<kFloats>(out.dtype(), [&]<class T>() {
    double sum = 0;
    for (size_t i = 0; i < e.labels.size(); ++i) {
      const double loss =
          e.weights[i] == 0 ? 0
                            : -e.weights[i] * e.log_probabilities[e.At(static_cast<int64_t>(i), e.labels[i])];
      if (reduction == "none") out.mutable_data<T>()[i] = Narrow<T>(loss);
      sum += loss;
    }
    if (reduction != "none") out.mutable_data<T>()[0] = Narrow<T>(reduction == "mean" ? sum / e.total : sum);
    if (log_prob.defined())
      std::ranges::transform(e.log_probabilities, log_prob.mutable_data<T>().begin(), Narrow<T>);
  });
  return {};
}

Status Differentiate(GradientContext& c) {
  if (c.OutputGradient(1) != kNoValue)
    return Unsupported(c.Describe() + ": no gradient flows through log_prob", "use LogSoftmax");
  if (!c.Needs(0)) return {};
  std::vector<ValueId> inputs{c.OutputGradient(0), c.Input(0), c.Input(1)};
  if (c.HasInput(2)) inputs.push_back(c.Input(2));
  c.SetInputGradient(0, c.b.Op("sinter.SoftmaxCrossEntropyGrad", inputs, c.node().attributes));
  return {};
}

constexpr Formal kInputs[] = {
    {"scores", 'T', kFloats}, {"labels", '-', kIndexes}, {"weights", 'T', kFloats, Arity::kOptional}};
constexpr Formal kOutputs[] = {{"output", 'T', kFloats}, {"log_prob", 'T', kFloats, Arity::kOptional}};
constexpr FormalAttribute kAttributes[] = {
    {"ignore_index", AttributeKind::kInt, false, "-1000000", "a label that does not count"},
    {"reduction", AttributeKind::kString, false, "\"mean\"", "none, sum or mean"}};
constexpr std::string_view kSamples[] = {
    "scores: T[N,5], labels: i64[N] in 0..4",
    "scores: T[N,3,K], labels: i64[N,K] in 0..2 | reduction=\"sum\", ignore_index=1",
    "scores: T[N,4], labels: i64[N] in 0..3 | reduction=\"none\""};

}  // namespace

const Operator& SoftmaxCrossEntropyLossOperator() {
  static const Operator page{
      .name = "SoftmaxCrossEntropyLoss",
      .summary = "The negative log-probability of the labels under softmax of the scores, reduced.",
      .inputs = kInputs,
      .outputs = kOutputs,
      .attributes = kAttributes,
      .infer = &Infer,
      .reference = &Evaluate,
      .gradient = Gradient(&Differentiate),
      .index = IndexExpression(RowWise{}),
      .structure = Primitive{},
      .samples = Samples(kSamples),
  };
  return page;
}

}  // namespace sinter
