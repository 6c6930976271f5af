#include "engine/ops/support/elementwise.h"

namespace sinter {
namespace {

Status Infer(InferContext& c) {
  TRY_STATUS(InferBroadcastAll(c));
  if (c.InputCount() == 2) PropagateContents(c, [](const Dim& a, const Dim& b) { return sinter::Max(a, b); });
  return {};
}

Status Evaluate(ReferenceContext& c) {
  Dims dims = c.Input(0).dims();
  for (size_t i = 1; i < c.InputCount(); ++i) {
    TRY(dims, BroadcastDims(dims, c.Input(i).dims()));
  }
  TRY(Tensor out, c.Output(0, c.Input(0).dtype(), dims));
  std::vector<BroadcastWalk<1>> walks;
  for (size_t k = 0; k < c.InputCount(); ++k)
    walks.emplace_back(dims, std::array<const Dims*, 1>{&c.Input(k).dims()});
  DispatchIn<kNumeric>(out.dtype(), [&]<class T>() {
    auto y = out.mutable_data<T>();
    // Element by element: the output may stand in an input's memory.
    for (size_t i = 0; i < y.size(); ++i) {
      T best{};
      for (size_t k = 0; k < walks.size(); ++k) {
        const T value = c.Input(k).data<T>()[static_cast<size_t>(walks[k].at(0))];
        const bool nan = Widen(value) != Widen(value);  // no number wins, as in NumPy
        if (k == 0 || nan || Widen(value) > Widen(best)) best = value;
        walks[k].Next();
      }
      y[i] = best;
    }
  });
  return {};
}

// To the input that gave the extreme.
Status Differentiate(GradientContext& c) {
  for (size_t i = 0; i < c.node().inputs.size(); ++i) {
    if (!c.Needs(i)) continue;
    const ValueId here = c.b.Op("Equal", {c.Input(i), c.Output(0)});
    SetBroadcastGradient(c, i,
                         c.b.Op("Where", {here, c.OutputGradient(0), c.b.Scalar(c.OutputType(0).dtype, 0)}));
  }
  return {};
}

bool PassesThrough(const NodeView&, std::span<const ValueFacts* const> inputs, const Type&) {
  return inputs.size() == 1;
}

constexpr Formal kInputs[] = {{"data", 'T', kNumeric, Arity::kVariadic}};
constexpr Formal kOutputs[] = {{"result", 'T', kNumeric}};
constexpr std::string_view kSamples[] = {"A: T[N,M] distinct, B: T[] = {0}",
                                         "A: i64[N,M], B: i64[M], C: i64[]"};

}  // namespace

const Operator& MaxOperator() {
  static const Operator page{
      .name = "Max",
      .summary = "The largest of the tensors, element by element, broadcast.",
      .inputs = kInputs,
      .outputs = kOutputs,
      .attributes = std::span<const FormalAttribute>{},
      .infer = &Infer,
      .reference = &Evaluate,
      .gradient = Gradient(&Differentiate),
      .index = IndexExpression(Elementwise{}),
      .structure = Primitive{},
      .algebra = {.commutative = true},
      .passes_through = &PassesThrough,
      .samples = Samples(kSamples),
  };
  return page;
}

}  // namespace sinter
