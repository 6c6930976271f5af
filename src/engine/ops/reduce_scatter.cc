#include <fmt/format.h>

#include "engine/ops/support/collective.h"
#include "engine/ops/support/shapes.h"

namespace sinter {
namespace {

Status Infer(InferContext& c) {
  TRY_STATUS(CheckRanks(c));
  TRY_STATUS(ReduceOf(c));
  Shape shape = c.InputShape(0);
  if (shape.empty()) return c.Invalid("a scalar has no axis 0 to scatter along");
  const Dim ranks = c.Int("ranks");
  const Dim rest = Mod(shape[0], ranks);
  if (rest.IsConstant() && !(rest == Dim(0)))
    return c.Invalid(fmt::format("{} rows do not divide by {} ranks", shape[0].ToString(), ranks.ToString()));
  shape[0] = FloorDiv(shape[0], ranks);
  c.SetOutput(0, c.InputDType(0), std::move(shape));
  return {};
}

Status Evaluate(ReferenceContext& c) {
  TRY(const Communicator::Reduce reduce, ReduceOf(c));
  TRY(Communicator * group, GroupOf(c));
  Dims dims = c.Input(0).dims();
  if (group == nullptr) return CopyAs(c, dims);
  if (dims[0] % group->size() != 0)
    return c.Invalid(fmt::format("{} rows do not divide by {} ranks", dims[0], group->size()));
  dims[0] /= group->size();
  TRY(Tensor out, c.Output(0, c.Input(0).dtype(), std::move(dims)));
  return group->ReduceScatter(c.Input(0), out, reduce);
}

// Each rank's rows came from all ranks: each of them gets all gradients back.
Status Differentiate(GradientContext& c) {
  if (c.String("reduce") != "sum")
    return Unsupported(c.Describe() + ": only sums over ranks have a gradient");
  c.SetInputGradient(0, c.b.Op("sinter.AllGather", {c.OutputGradient(0)}, {{"ranks", c.Int("ranks")}}));
  return {};
}

constexpr Formal kInputs[] = {{"X", 'T', kNumeric}};
constexpr Formal kOutputs[] = {{"Y", 'T', kNumeric}};
constexpr FormalAttribute kAttributes[] = {kRanksAttribute, kReduceAttribute};

}  // namespace

const Operator& ReduceScatterOperator() {
  static const Operator page{
      .name = "sinter.ReduceScatter",
      .summary =
          "The sum (or maximum, minimum) of all ranks' tensors, of which each rank gets its share of "
          "the rows.",
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
