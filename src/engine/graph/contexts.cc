#include "engine/graph/contexts.h"

#include <fmt/format.h>

#include "engine/graph/builder.h"
#include "engine/graph/operator.h"
#include "engine/graph/text.h"

namespace sinter {
namespace {

// The node's own attribute, or the page's default, parsed from its text.
std::optional<Attribute> Lookup(const Node& node, const Operator& page, std::string_view name) {
  if (const auto found = node.attributes.find(name); found != node.attributes.end()) return found->second;
  for (const FormalAttribute& formal : page.attributes.value) {
    if (formal.name != name || formal.fallback.empty()) continue;
    auto parsed = ParseAttribute(formal.fallback);
    SINTER_CHECK(parsed.has_value());  // a page's own default
    return *std::move(parsed);
  }
  return std::nullopt;
}

template <class T>
T Get(const Node& node, const Operator& page, std::string_view name) {
  // The common case first, without a copy of the variant.
  if (const auto found = node.attributes.find(name); found != node.attributes.end()) {
    if (const T* value = std::get_if<T>(&found->second)) return *value;
  }
  const auto attribute = Lookup(node, page, name);
  if (!attribute) return T{};
  if (const T* value = std::get_if<T>(&*attribute)) return *value;
  if constexpr (std::is_same_v<T, double>) {  // "1" may stand for 1.0
    if (const auto* whole = std::get_if<int64_t>(&*attribute)) return static_cast<double>(*whole);
  }
  if constexpr (std::is_same_v<T, std::vector<double>>) {
    if (const auto* whole = std::get_if<std::vector<int64_t>>(&*attribute))
      return {whole->begin(), whole->end()};
  }
  return T{};
}

}  // namespace

std::string NodeView::Describe() const {
  if (!node_.name.empty()) return fmt::format("{} '{}'", node_.op, node_.name);
  if (node_.position.line > 0)
    return fmt::format("{} at {}:{}", node_.op, node_.position.line, node_.position.column);
  return node_.op;
}

bool NodeView::Has(std::string_view attribute) const { return node_.attributes.contains(attribute); }
int64_t NodeView::Int(std::string_view attribute) const { return Get<int64_t>(node_, page_, attribute); }
double NodeView::Float(std::string_view attribute) const { return Get<double>(node_, page_, attribute); }
std::string NodeView::String(std::string_view attribute) const {
  return Get<std::string>(node_, page_, attribute);
}
std::vector<int64_t> NodeView::Ints(std::string_view attribute) const {
  return Get<std::vector<int64_t>>(node_, page_, attribute);
}
std::vector<double> NodeView::Floats(std::string_view attribute) const {
  return Get<std::vector<double>>(node_, page_, attribute);
}

const Tensor* NodeView::TensorAttribute(std::string_view attribute) const {
  const auto found = node_.attributes.find(attribute);
  return found == node_.attributes.end() ? nullptr : std::get_if<Tensor>(&found->second);
}

DType NodeView::DTypeAttribute(std::string_view attribute, DType otherwise) const {
  const auto given = Lookup(node_, page_, attribute);
  const DType* dtype = given ? std::get_if<DType>(&*given) : nullptr;
  return dtype == nullptr ? otherwise : *dtype;
}

Result<int64_t> NodeView::Axis(std::string_view attribute, size_t rank) const {
  const int64_t axis = Int(attribute);
  const int64_t r = static_cast<int64_t>(rank);
  if (axis < -r || axis >= r) {
    return InvalidArgument(
        fmt::format("{}: {} = {} is outside [-{}, {})", Describe(), attribute, axis, r, r));
  }
  return axis < 0 ? axis + r : axis;
}

Error InferContext::Invalid(std::string message, std::string hint) const {
  return InvalidArgument(fmt::format("{}: {}", Describe(), message), std::move(hint));
}

Error ReferenceContext::Invalid(std::string message, std::string hint) const {
  return InvalidArgument(fmt::format("{}: {}", Describe(), message), std::move(hint));
}

Dim InferContext::BornSymbol(size_t output, size_t axis, std::string_view hint, SymbolBound bound) {
  if (output < previous_.size() && previous_[output] != nullptr && previous_[output]->IsTensor() &&
      axis < previous_[output]->Rank()) {
    const Dim& before = previous_[output]->shape[axis];
    if (const auto name = before.SymbolName(); name && module_.symbols.contains(*name)) return before;
    if (before.IsConstant()) return before;
  }
  return module_.NewSymbol(hint, std::move(bound));
}

const Type& GradientContext::InputType(size_t i) const { return b.TypeOf(Input(i)); }
const Type& GradientContext::OutputType(size_t i) const { return b.TypeOf(Output(i)); }
const Type& LoweringContext::InputType(size_t i) const { return b.TypeOf(Input(i)); }

}  // namespace sinter
