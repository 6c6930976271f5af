#include <cstring>

#include <fmt/format.h>

#include "engine/ops/support/collective.h"

namespace sinter {
namespace {

Status Infer(InferContext& c) {
  TRY_STATUS(CheckRanks(c));
  if (c.Int("root") < 0 || c.Int("root") >= c.Int("ranks"))
    return c.Invalid(fmt::format("root = {} is none of {} ranks", c.Int("root"), c.Int("ranks")));
  c.SetOutput(0, c.InputDType(0), c.InputShape(0));
  return {};
}

Status Evaluate(ReferenceContext& c) {
  TRY(Communicator * group, GroupOf(c));
  TRY(Tensor out, c.Output(0, c.Input(0).dtype(), c.Input(0).dims()));
  if (out.bytes() > 0) std::memcpy(out.mutable_raw(), c.Input(0).raw(), out.bytes());
  return group == nullptr ? Status() : group->Broadcast(out, static_cast<int>(c.Int("root")));
}

constexpr Formal kInputs[] = {{"X", 'T', kAllPlain}};
constexpr Formal kOutputs[] = {{"Y", 'T', kAllPlain}};
constexpr FormalAttribute kAttributes[] = {
    kRanksAttribute, {"root", AttributeKind::kInt, false, "0", "the rank whose tensor it is"}};

}  // namespace

const Operator& BroadcastOperator() {
  static const Operator page{
      .name = "sinter.Broadcast",
      .summary = "The root rank's tensor, on every rank.",
      .inputs = kInputs,
      .outputs = kOutputs,
      .attributes = kAttributes,
      .infer = &Infer,
      .reference = &Evaluate,
      .gradient = Gradient(NoGradient{"it hands out weights and seeds before the loss is computed"}),
      .index = IndexExpression(Opaque{"talks to other ranks"}),
      .structure = Primitive{},
      .effect = Effect::kCollective,
      .samples = NoSamples{"tests/ir/collective.sinter"},
  };
  return page;
}

}  // namespace sinter
