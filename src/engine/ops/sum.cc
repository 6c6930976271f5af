#include "engine/ops/support/elementwise.h"

namespace sinter {
namespace {

Status Evaluate(ReferenceContext& c) {
  Dims dims = c.Input(0).dims();
  for (size_t i = 1; i < c.InputCount(); ++i) {
    TRY(dims, BroadcastDims(dims, c.Input(i).dims()));
  }
  TRY(Tensor out, c.Output(0, c.Input(0).dtype(), dims));
  std::vector<BroadcastWalk<1>> walks;
  walks.reserve(c.InputCount());
  for (size_t k = 0; k < c.InputCount(); ++k)
    walks.emplace_back(dims, std::array<const Dims*, 1>{&c.Input(k).dims()});
  DispatchIn<kFloats>(out.dtype(), [&]<class T>() {
    auto y = out.mutable_data<T>();
    // Element by element: the output may stand in an input's memory.
    for (size_t i = 0; i < y.size(); ++i) {
      double sum = 0;
      for (size_t k = 0; k < walks.size(); ++k) {
        sum += Widen(c.Input(k).data<T>()[static_cast<size_t>(walks[k].at(0))]);
        walks[k].Next();
      }
      y[i] = Narrow<T>(sum);
    }
  });
  return {};
}

Status Differentiate(GradientContext& c) {
  for (size_t i = 0; i < c.node().inputs.size(); ++i) SetBroadcastGradient(c, i, c.OutputGradient(0));
  return {};
}

Status Lower(LoweringContext& c) {
  ValueId sum = c.Input(0);
  if (c.node().inputs.size() == 1) sum = c.b.Op("Identity", {sum});
  for (size_t i = 1; i < c.node().inputs.size(); ++i) sum = c.b.Op("Add", {sum, c.Input(i)});
  c.results[0] = sum;
  return {};
}

constexpr Formal kInputs[] = {{"data_0", 'T', kFloats, Arity::kVariadic}};
constexpr Formal kOutputs[] = {{"sum", 'T', kFloats}};
constexpr std::string_view kSamples[] = {"A: T[N,M], B: T[M], C: T[]", "A: T[N,M], B: T[N,M]", "A: T[N]"};

}  // namespace

const Operator& SumOperator() {
  static const Operator page{
      .name = "Sum",
      .summary = "The sum of the tensors, element by element, broadcast.",
      .inputs = kInputs,
      .outputs = kOutputs,
      .attributes = std::span<const FormalAttribute>{},
      .infer = &InferBroadcastAll,
      .reference = &Evaluate,
      .gradient = Gradient(&Differentiate),
      .index = IndexExpression(Elementwise{}),
      .structure = (Composition{&Lower, {}}),
      .algebra = {.commutative = true},
      .samples = Samples(kSamples),
  };
  return page;
}

}  // namespace sinter
