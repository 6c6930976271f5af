#include "engine/ops/support/extreme.h"

namespace sinter {
namespace {

Status Infer(InferContext& c) {
  TRY_STATUS(InferBroadcastAll(c));
  if (c.InputCount() == 2) PropagateContents(c, [](const Dim& a, const Dim& b) { return sinter::Max(a, b); });
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
      .reference = &EvaluateExtreme<std::greater<>>,
      .gradient = Gradient(&DifferentiateExtreme),
      .index = IndexExpression(Elementwise{}),
      .structure = Primitive{},
      .algebra = {.commutative = true},
      .passes_through = &PassesThrough,
      .samples = Samples(kSamples),
  };
  return page;
}

}  // namespace sinter
