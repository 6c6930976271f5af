// One type, tensor, attribute or dimension: the first line says which, the rest is its text.
#include "engine/graph/text.h"
#include "fuzz/targets.h"

namespace sinter {
namespace {

Status Run(std::span<const std::byte> input) {
  const auto [kind, text] = FirstLine(TextOf(input));
  if (kind == "type") {
    TRY(const Type type, ParseType(text));
    const auto again = ParseType(type.ToString());
    SINTER_CHECK(again.has_value() && *again == type);
    (void)type.ElementCount();
  } else if (kind == "tensor") {
    TRY(const Tensor tensor, ParseTensor(text));
    const auto again = ParseTensor(PrintTensor(tensor));
    SINTER_CHECK(again.has_value() && again->SameAs(tensor));
  } else if (kind == "attribute") {
    TRY(const Attribute attribute, ParseAttribute(text));
    const auto again = ParseAttribute(PrintAttribute(attribute));
    SINTER_CHECK(again.has_value() && PrintAttribute(*again) == PrintAttribute(attribute));
  } else if (kind == "dim") {
    TRY(const Dim dim, ParseDim(text));
    const auto again = ParseDim(dim.ToString());
    SINTER_CHECK(again.has_value() && *again == dim);
    const auto three = [](std::string_view) { return std::optional<int64_t>(3); };
    const auto value = dim.Evaluate(three);
    if (dim.IsConstant()) SINTER_CHECK(value.has_value() && *value == *dim.Constant());
  } else {
    return InvalidArgument("the first line is none of type, tensor, attribute and dim");
  }
  return {};
}

}  // namespace

FuzzTarget IrLiteralTarget() { return {&Run, {ErrorCode::kInvalidArgument, ErrorCode::kUnsupported}, 1024}; }

}  // namespace sinter
