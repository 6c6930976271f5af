#include "engine/ops/support/elementwise.h"

namespace sinter {
namespace {

Status Infer(InferContext& c) {
  c.SetOutput(0, DType::kI64, {});
  c.SetContents(0, {c.InputType(0).ElementCount()});
  return {};
}

Status Evaluate(ReferenceContext& c) {
  TRY(Tensor out, c.Output(0, DType::kI64, {}));
  out.mutable_data<int64_t>()[0] = c.Input(0).elements();
  return {};
}

constexpr Formal kInputs[] = {{"data", '-', kAnyDType}};
constexpr Formal kOutputs[] = {{"size", '-', kIndexes}};
constexpr std::string_view kSamples[] = {"data: f32[N,M]"};

}  // namespace

const Operator& SizeOperator() {
  static const Operator page{
      .name = "Size",
      .summary = "The number of elements of a tensor.",
      .inputs = kInputs,
      .outputs = kOutputs,
      .attributes = std::span<const FormalAttribute>{},
      .infer = &Infer,
      .reference = &Evaluate,
      .gradient = Gradient(NoGradient{"the output is integer"}),
      .index = IndexExpression(Opaque{"depends on the shape alone"}),
      .structure = Primitive{},
      .samples = Samples(kSamples),
  };
  return page;
}

}  // namespace sinter
