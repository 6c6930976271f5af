#include <algorithm>

#include "engine/ops/support/elementwise.h"

namespace sinter {
namespace {

DType FillType(const NodeView& node) {
  const Tensor* value = node.TensorAttribute("value");
  return value == nullptr ? DType::kF32 : value->dtype();
}

Status Infer(InferContext& c) {
  if (!c.Input(0).contents)
    return c.Invalid("the shape must be known when the model is compiled, or follow from shapes");
  const Shape shape(*c.Input(0).contents);
  c.SetOutput(0, FillType(c), shape);
  // Exporters make lists of ones and minus ones this way.
  const Tensor* value = c.TensorAttribute("value");
  const std::optional<int64_t> length = shape.size() == 1 ? shape[0].Constant() : std::nullopt;
  if (value != nullptr && IsInteger(value->dtype()) && length && *length >= 0 && *length <= 64)
    c.SetContents(0, std::vector<Dim>(static_cast<size_t>(*length), Dim(value->AsInt(0))));
  return {};
}

Status Evaluate(ReferenceContext& c) {
  TRY(Tensor out, c.Output(0, FillType(c), c.Input(0).ToInts()));
  const Tensor* value = c.TensorAttribute("value");
  DispatchDType(out.dtype(), [&]<class T>() {
    std::ranges::fill(out.mutable_data<T>(), value == nullptr ? T{} : value->data<T>()[0]);
  });
  return {};
}

constexpr Formal kInputs[] = {{"input", '-', kIndexes}};
constexpr Formal kOutputs[] = {{"output", '-', kAllPlain}};
constexpr FormalAttribute kAttributes[] = {
    {"value", AttributeKind::kTensor, false, {}, "one element: the value and its dtype"}};
constexpr std::string_view kSamples[] = {"input: i64[2] = {3, 4}", "input: i64[1] = {5} | value=i64[1]{7}"};

}  // namespace

const Operator& ConstantOfShapeOperator() {
  static const Operator page{
      .name = "ConstantOfShape",
      .summary = "A tensor of the given shape, filled with one value (f32 zero unless given).",
      .inputs = kInputs,
      .outputs = kOutputs,
      .attributes = kAttributes,
      .infer = &Infer,
      .reference = &Evaluate,
      .gradient = Gradient(NoGradient{"the output does not depend on the numbers of the input"}),
      .index = IndexExpression(Opaque{"creates values"}),
      .structure = Primitive{},
      .samples = Samples(kSamples),
  };
  return page;
}

}  // namespace sinter
