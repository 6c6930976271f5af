#include "engine/ops/support/collective.h"
#include "engine/ops/support/shapes.h"

namespace sinter {
namespace {

Status Infer(InferContext& c) {
  TRY_STATUS(CheckRanks(c));
  Shape shape = c.InputShape(0);
  if (shape.empty()) return c.Invalid("a scalar has no axis 0 to gather along", "Unsqueeze it first");
  shape[0] = shape[0] * Dim(c.Int("ranks"));
  c.SetOutput(0, c.InputDType(0), std::move(shape));
  return {};
}

Status Evaluate(ReferenceContext& c) {
  TRY(Communicator * group, GroupOf(c));
  Dims dims = c.Input(0).dims();
  if (group == nullptr) return CopyAs(c, dims);
  dims[0] *= group->size();
  TRY(Tensor out, c.Output(0, c.Input(0).dtype(), std::move(dims)));
  return group->AllGather(c.Input(0), out);
}

// This rank's rows stand in every rank's output: their gradients are summed where they came from.
Status Differentiate(GradientContext& c) {
  c.SetInputGradient(0, c.b.Op("sinter.ReduceScatter", {c.OutputGradient(0)}, {{"ranks", c.Int("ranks")}}));
  return {};
}

constexpr Formal kInputs[] = {{"X", 'T', kAllPlain}};
constexpr Formal kOutputs[] = {{"Y", 'T', kAllPlain}};
constexpr FormalAttribute kAttributes[] = {kRanksAttribute};

}  // namespace

const Operator& AllGatherOperator() {
  static const Operator page{
      .name = "sinter.AllGather",
      .summary = "All ranks' tensors, one behind the other along axis 0 in rank order, on every rank.",
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
