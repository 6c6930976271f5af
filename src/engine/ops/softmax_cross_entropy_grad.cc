#include <cmath>

#include <fmt/format.h>

#include "engine/ops/support/cross_entropy.h"

namespace sinter {
namespace {

Status Infer(InferContext& c) {
  TRY_STATUS(CheckCrossEntropy(c, 1, 2, 3));
  const Shape wanted = c.String("reduction") == "none" ? c.InputShape(2) : Shape{};
  if (!(c.InputShape(0) == wanted))
    return c.Invalid(
        fmt::format("dloss is {}; {} is needed", ShapeToString(c.InputShape(0)), ShapeToString(wanted)));
  c.SetOutput(0, c.InputType(1));
  return {};
}

// weight (softmax - onehot) dloss, over the sum of weights for the mean.
Status Evaluate(ReferenceContext& c) {
  TRY(const CrossEntropy e, CrossEntropyOf(c, 1, 2, 3));
  TRY(Tensor out, c.Output(0, c.Input(1).dtype(), c.Input(1).dims()));
  const std::string reduction = c.String("reduction");
  DispatchIn<kFloats>(out.dtype(), [&]<class T>() {
    for (size_t i = 0; i < e.labels.size(); ++i) {
      const double outer = Widen(c.Input(0).data<T>()[reduction == "none" ? i : 0]) * e.weights[i] /
                           (reduction == "mean" ? e.total : 1);
      for (int64_t k = 0; k < e.classes; ++k) {
        const size_t at = e.At(static_cast<int64_t>(i), k);
        out.mutable_data<T>()[at] =
            Narrow<T>(outer * (std::exp(e.log_probabilities[at]) - (k == e.labels[i] ? 1 : 0)));
      }
    }
  });
  return {};
}

constexpr Formal kInputs[] = {{"dloss", 'T', kFloats},
                              {"scores", 'T', kFloats},
                              {"labels", '-', kIndexes},
                              {"weights", 'T', kFloats, Arity::kOptional}};
constexpr Formal kOutputs[] = {{"dscores", 'T', kFloats}};
constexpr FormalAttribute kAttributes[] = {
    {"ignore_index", AttributeKind::kInt, false, "-1000000", "a label that does not count"},
    {"reduction", AttributeKind::kString, false, "\"mean\"", "none, sum or mean"}};
constexpr std::string_view kSamples[] = {"dloss: T[], scores: T[N,5], labels: i64[N] in 0..4"};

}  // namespace

const Operator& SoftmaxCrossEntropyGradOperator() {
  static const Operator page{
      .name = "sinter.SoftmaxCrossEntropyGrad",
      .summary = "The gradient of SoftmaxCrossEntropyLoss with respect to the scores.",
      .inputs = kInputs,
      .outputs = kOutputs,
      .attributes = kAttributes,
      .infer = &Infer,
      .reference = &Evaluate,
      .gradient = Gradient(NoGradient{"second derivatives of losses are not offered"}),
      .index = IndexExpression(RowWise{}),
      .structure = Primitive{},
      .samples = Samples(kSamples),
  };
  return page;
}

}  // namespace sinter
