#include "engine/ops/support/extreme.h"

namespace sinter {
namespace {

constexpr Formal kInputs[] = {{"data", '-', kNumeric}};
constexpr Formal kOutputs[] = {{"reduced", '-', kIndexes}};
constexpr std::string_view kSamples[] = {"data: T[N,M,K] | axis=1", "data: T[N,M] | axis=-1, keepdims=0",
                                         "data: T[N,M,K] | axis=-1, select_last_index=1",
                                         "data: T[N,M] | select_last_index=1"};

}  // namespace

const Operator& ArgMaxOperator() {
  static const Operator page{
      .name = "ArgMax",
      .summary = "The index of the largest element along an axis.",
      .inputs = kInputs,
      .outputs = kOutputs,
      .attributes = kArgAttributes,
      .infer = &InferArg,
      .reference = &EvaluateArg<std::greater<>>,
      .gradient = Gradient(NoGradient{"the output is integer"}),
      .index = IndexExpression(Reduction{"arg"}),
      .structure = Primitive{},
      .samples = Samples(kSamples),
  };
  return page;
}

}  // namespace sinter
