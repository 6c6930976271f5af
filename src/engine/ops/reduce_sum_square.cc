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
    return static_cast<T>(sum + x * x);
  }
  template <class T>
  static T Finish(T sum, int64_t count) {
    (void)count;
    return static_cast<T>(sum);
  }
};

Status Differentiate(GradientContext& c) {
  TRY(const ValueId spread, SpreadOverInput(c, c.OutputGradient(0)));
  const ValueId two = c.b.Scalar(c.InputType(0).dtype, 2);
  c.SetInputGradient(0, c.b.Op("Mul", {spread, c.b.Op("Mul", {c.Input(0), two})}));
  return {};
}

constexpr Formal kInputs[] = {{"data", 'T', kFloats}, {"axes", '-', kIndexes, Arity::kOptional}};
constexpr Formal kOutputs[] = {{"reduced", 'T', kFloats}};
constexpr std::string_view kSamples[] = {"data: T[N,M,K]", "data: T[N,M,K], axes: i64[2] = {0, -1}",
                                         "data: T[N,M], axes: i64[1] = {1} | keepdims=0"};

}  // namespace

const Operator& ReduceSumSquareOperator() {
  static const Operator page{
      .name = "ReduceSumSquare",
      .summary = "The sum of squares over the given axes.",
      .inputs = kInputs,
      .outputs = kOutputs,
      .attributes = kReduceAttributes,
      .infer = &InferReduce,
      .reference = (&ReduceReference<Formula, kFloats>),
      .gradient = Gradient(&Differentiate),
      .index = IndexExpression(Reduction{"sumsquare"}),
      .structure = Primitive{},
      .samples = Samples(kSamples),
  };
  return page;
}

}  // namespace sinter
