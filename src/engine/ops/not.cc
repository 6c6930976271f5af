#include "engine/ops/support/elementwise.h"

namespace sinter {
namespace {

struct Formula {
  template <class T>
  static T Apply(T x, const NodeView&) {
    return !x;
  }
};

Status Infer(InferContext& c) {
  TRY_STATUS(InferSameAsInput(c));
  if (!c.Input(0).contents) return {};
  std::vector<Dim> contents;
  for (const Dim& held : *c.Input(0).contents) contents.push_back(Dim(1) - held);
  c.SetContents(0, std::move(contents));
  return {};
}

constexpr Formal kInputs[] = {{"X", 'T', kBools}};
constexpr Formal kOutputs[] = {{"Y", 'T', kBools}};
constexpr std::string_view kSamples[] = {"X: T[N,M]"};

}  // namespace

const Operator& NotOperator() {
  static const Operator page{
      .name = "Not",
      .summary = "The negation of each truth value.",
      .inputs = kInputs,
      .outputs = kOutputs,
      .attributes = std::span<const FormalAttribute>{},
      .infer = &Infer,
      .reference = (&UnaryReference<Formula, kBools>),
      .gradient = Gradient(NoGradient{"the input is no number"}),
      .index = IndexExpression(Elementwise{}),
      .structure = Primitive{},
      .algebra = {.involution = true},
      .samples = Samples(kSamples),
  };
  return page;
}

}  // namespace sinter
