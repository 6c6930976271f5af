#include "engine/ops/support/reduce.h"

namespace sinter {
namespace {

struct Formula {
  template <class T>
  static T Init() {
    return T(0);
  }
  template <class T>
  static T Add(T sum, T x) {
    return static_cast<T>(sum + x);
  }
  template <class T>
  static T Finish(T sum, int64_t count) {
    (void)count;
    return static_cast<T>(sum);
  }
};

Status Differentiate(GradientContext& c) {
  TRY(const ValueId spread, SpreadOverInput(c, c.OutputGradient(0)));
  c.SetInputGradient(0, spread);
  return {};
}

constexpr Formal kInputs[] = {{"data", 'T', kNumeric}, {"axes", '-', kIndexes, Arity::kOptional}};
constexpr Formal kOutputs[] = {{"reduced", 'T', kNumeric}};
constexpr std::string_view kSamples[] = {"data: T[N,M,K]", "data: T[N,M,K], axes: i64[2] = {0, -1}",
                                         "data: T[N,M], axes: i64[1] = {1} | keepdims=0"};

}  // namespace

const Operator& ReduceSumOperator() {
  static const Operator page{
      .name = "ReduceSum",
      .summary = "The sum over the given axes.",
      .inputs = kInputs,
      .outputs = kOutputs,
      .attributes = kReduceAttributes,
      .infer = &InferReduce,
      .reference = (&ReduceReference<Formula, kNumeric>),
      .gradient = Gradient(&Differentiate),
      .index = IndexExpression(Reduction{"sum"}),
      .structure = Primitive{},
      .samples = Samples(kSamples),
  };
  return page;
}

}  // namespace sinter
