#include "engine/ops/support/reduce.h"

namespace sinter {
namespace {

struct Formula {
  template <class T>
  static T Init() {
    return T(1);
  }
  template <class T>
  static T Add(T sum, T x) {
    return static_cast<T>(sum * x);
  }
  template <class T>
  static T Finish(T sum, int64_t count) {
    (void)count;
    return static_cast<T>(sum);
  }
};

Status Infer(InferContext& c) {
  TRY_STATUS(InferReduce(c));
  // The number of elements, as exporters ask for it: the product of a Shape.
  const bool all = !c.HasInput(1) && c.Int("noop_with_empty_axes") == 0;
  const bool only = c.HasInput(1) && c.Input(1).contents && c.Input(1).contents->size() == 1;
  if (!(all || only) || !c.Input(0).contents || c.InputType(0).Rank() != 1 || !IsInteger(c.InputDType(0)))
    return {};
  Dim product = 1;
  for (const Dim& dim : *c.Input(0).contents) product = product * dim;
  c.SetContents(0, {product});
  return {};
}

Status Differentiate(GradientContext& c) {
  TRY(const ValueId spread, SpreadOverInput(c, c.OutputGradient(0)));
  TRY(const ValueId result, SpreadOverInput(c, c.Output(0)));
  c.SetInputGradient(0, c.b.Op("Div", {c.b.Op("Mul", {spread, result}), c.Input(0)}));
  return {};
}

constexpr Formal kInputs[] = {{"data", 'T', kNumeric}, {"axes", '-', kIndexes, Arity::kOptional}};
constexpr Formal kOutputs[] = {{"reduced", 'T', kNumeric}};
constexpr std::string_view kSamples[] = {"data: T[N,M,K] in 1..2",
                                         "data: T[N,M,K] in 1..2, axes: i64[2] = {0, -1}",
                                         "data: T[N,M] in 1..2, axes: i64[1] = {1} | keepdims=0"};

}  // namespace

const Operator& ReduceProdOperator() {
  static const Operator page{
      .name = "ReduceProd",
      .summary = "The product over the given axes.",
      .inputs = kInputs,
      .outputs = kOutputs,
      .attributes = kReduceAttributes,
      .infer = &Infer,
      .reference = (&ReduceReference<Formula, kNumeric>),
      .gradient = Gradient(&Differentiate),
      .index = IndexExpression(Reduction{"prod"}),
      .structure = Primitive{},
      .samples = Samples(kSamples),
  };
  return page;
}

}  // namespace sinter
