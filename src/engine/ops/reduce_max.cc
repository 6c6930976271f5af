#include <algorithm>

#include "engine/ops/support/reduce.h"

namespace sinter {
namespace {

struct Formula {
  template <class T>
  static T Init() {
    return std::numeric_limits<T>::has_infinity ? -std::numeric_limits<T>::infinity()
                                                : std::numeric_limits<T>::lowest();
  }
  template <class T>
  static T Add(T sum, T x) {
    return static_cast<T>(std::max(sum, x));
  }
  template <class T>
  static T Finish(T sum, int64_t count) {
    (void)count;
    return static_cast<T>(sum);
  }
};

constexpr Formal kInputs[] = {{"data", 'T', kNumeric}, {"axes", '-', kIndexes, Arity::kOptional}};
constexpr Formal kOutputs[] = {{"reduced", 'T', kNumeric}};
constexpr std::string_view kSamples[] = {
    "data: T[N,M,K] distinct", "data: T[N,M,K] distinct, axes: i64[2] = {0, -1}",
    "data: T[N,M] distinct, axes: i64[1] = {1} | keepdims=0", "data: T[N,M] distinct, axes: i64[1] = {0}"};

}  // namespace

const Operator& ReduceMaxOperator() {
  static const Operator page{
      .name = "ReduceMax",
      .summary = "The largest over the given axes.",
      .inputs = kInputs,
      .outputs = kOutputs,
      .attributes = kReduceAttributes,
      .infer = &InferReduce,
      .reference = (&ReduceReference<Formula, kNumeric>),
      .gradient = Gradient(&DifferentiateReducedExtreme),
      .index = IndexExpression(Reduction{"max"}),
      .structure = Primitive{},
      .samples = Samples(kSamples),
  };
  return page;
}

}  // namespace sinter
