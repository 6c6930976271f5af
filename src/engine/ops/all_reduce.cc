#include <cstring>

#include "engine/ops/support/collective.h"

namespace sinter {
namespace {

Status Infer(InferContext& c) {
  TRY_STATUS(CheckRanks(c));
  TRY_STATUS(ReduceOf(c));
  c.SetOutput(0, c.InputDType(0), c.InputShape(0));
  return {};
}

Status Evaluate(ReferenceContext& c) {
  TRY(const Communicator::Reduce reduce, ReduceOf(c));
  TRY(Communicator * group, GroupOf(c));
  TRY(Tensor out, c.Output(0, c.Input(0).dtype(), c.Input(0).dims()));
  if (out.bytes() > 0) std::memcpy(out.mutable_raw(), c.Input(0).raw(), out.bytes());
  return group == nullptr ? Status() : group->AllReduce(out, reduce);
}

// Every rank's output depends on every rank's input, so each input's gradient is the sum of all outputs'.
Status Differentiate(GradientContext& c) {
  if (c.String("reduce") != "sum")
    return Unsupported(c.Describe() + ": only sums over ranks have a gradient");
  c.SetInputGradient(0, c.b.Op("sinter.AllReduce", {c.OutputGradient(0)}, {{"ranks", c.Int("ranks")}}));
  return {};
}

constexpr Formal kInputs[] = {{"X", 'T', kNumeric}};
constexpr Formal kOutputs[] = {{"Y", 'T', kNumeric}};
constexpr FormalAttribute kAttributes[] = {kRanksAttribute, kReduceAttribute};

}  // namespace

const Operator& AllReduceOperator() {
  static const Operator page{
      .name = "sinter.AllReduce",
      .summary = "The sum (or maximum, minimum) of all ranks' tensors, on every rank.",
      .inputs = kInputs,
      .outputs = kOutputs,
      .attributes = kAttributes,
      .infer = &Infer,
      .reference = &Evaluate,
      .gradient = Gradient(&Differentiate),
      .index = IndexExpression(Opaque{"talks to other ranks"}),
      .structure = Primitive{},
      .effect = Effect::kCollective,
      .samples = NoSamples{"tests/ir/collective.sinter"},
  };
  return page;
}

}  // namespace sinter
