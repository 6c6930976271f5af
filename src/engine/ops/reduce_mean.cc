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
    if (count == 0) return T(0);
    // A count may not fit a narrow integer: 256 is no i8.
    if constexpr (std::is_signed_v<T> && std::is_integral_v<T>)
      return static_cast<T>(int64_t{sum} / count);
    else if constexpr (std::is_integral_v<T>)
      return static_cast<T>(uint64_t{sum} / static_cast<uint64_t>(count));
    else
      return static_cast<T>(sum / static_cast<T>(count));
  }
};

Status Differentiate(GradientContext& c) {
  TRY(const ValueId spread, SpreadOverInput(c, c.OutputGradient(0)));
  // elements of the input / elements of the output, known only at run time where dimensions are symbols
  const DType dtype = c.InputType(0).dtype;
  const ValueId all = c.b.Op("Cast", {c.b.Op("Size", {c.Input(0)})}, {{"to", dtype}});
  const ValueId left = c.b.Op("Cast", {c.b.Op("Size", {c.Output(0)})}, {{"to", dtype}});
  c.SetInputGradient(0, c.b.Op("Div", {spread, c.b.Op("Div", {all, left})}));
  return {};
}

constexpr Formal kInputs[] = {{"data", 'T', kNumeric}, {"axes", '-', kIndexes, Arity::kOptional}};
constexpr Formal kOutputs[] = {{"reduced", 'T', kNumeric}};
constexpr std::string_view kSamples[] = {"data: T[N,M,K]", "data: T[N,M,K], axes: i64[2] = {0, -1}",
                                         "data: T[N,M], axes: i64[1] = {1} | keepdims=0", "data: T[1,256]"};

}  // namespace

const Operator& ReduceMeanOperator() {
  static const Operator page{
      .name = "ReduceMean",
      .summary = "The mean over the given axes.",
      .inputs = kInputs,
      .outputs = kOutputs,
      .attributes = kReduceAttributes,
      .infer = &InferReduce,
      .reference = (&ReduceReference<Formula, kNumeric>),
      .gradient = Gradient(&Differentiate),
      .index = IndexExpression(Reduction{"mean"}),
      .structure = Primitive{},
      .samples = Samples(kSamples),
  };
  return page;
}

}  // namespace sinter
