#include "engine/graph/node_check.h"

#include <algorithm>
#include <map>

#include <fmt/format.h>

namespace sinter {
namespace {

AttributeKind KindOf(const Attribute& attribute) { return static_cast<AttributeKind>(attribute.index()); }

std::string_view KindName(AttributeKind kind) {
  constexpr std::string_view kNames[] = {"an integer", "a number", "a string", "integers", "numbers",
                                         "strings",    "a tensor", "a type",   "a dtype"};
  return kNames[static_cast<size_t>(kind)];
}

// Whole numbers may stand for numbers, and an empty list for any list.
bool Fits(const Attribute& attribute, AttributeKind kind) {
  const AttributeKind given = KindOf(attribute);
  if (given == kind) return true;
  if (kind == AttributeKind::kFloat) return given == AttributeKind::kInt;
  if (kind == AttributeKind::kFloats) return given == AttributeKind::kInts;
  const auto* ints = std::get_if<std::vector<int64_t>>(&attribute);
  return kind == AttributeKind::kStrings && ints != nullptr && ints->empty();
}

class NodeChecker {
 public:
  NodeChecker(const Function& function, const Node& node, const Operator& page)
      : function_(function), node_(node), page_(page) {}

  Status Run() const {
    TRY_STATUS(CheckList(page_.inputs.value, node_.inputs, "input"));
    TRY_STATUS(CheckList(page_.outputs.value, node_.outputs, "output"));
    TRY_STATUS(CheckAttributes());
    if (node_.regions.size() != page_.regions.size())
      return Fault(
          fmt::format("{} regions are needed, {} are there", page_.regions.size(), node_.regions.size()));
    for (size_t i = 0; i < node_.regions.size(); ++i) {
      if (node_.regions[i].first != page_.regions[i].name)
        return Fault(fmt::format("region {} must be called {}", i, page_.regions[i].name));
    }
    return CheckDTypes();
  }

 private:
  Status CheckList(std::span<const Formal> formals, const std::vector<ValueId>& given,
                   std::string_view what) const {
    const bool variadic = !formals.empty() && (formals.back().arity == Arity::kVariadic ||
                                               formals.back().arity == Arity::kAnyNumber);
    if (given.size() > formals.size() && !variadic)
      return Fault(fmt::format("takes at most {} {}s, {} are given", formals.size(), what, given.size()));
    const bool inputs = what == "input";
    for (size_t i = 0; i < std::max(formals.size(), given.size()); ++i) {
      const Formal& formal = formals[std::min(i, formals.size() - 1)];
      if (formal.arity == Arity::kOptional) continue;
      // An output may be unwanted (_), but its place must be there.
      const bool absent = i >= given.size() ? i < formals.size() && formal.arity != Arity::kAnyNumber
                                            : inputs && given[i] == kNoValue;
      if (absent) return Fault(fmt::format("{} '{}' is missing", what, formal.name));
    }
    return {};
  }

  Status CheckAttributes() const {
    const auto& formals = page_.attributes.value;
    for (const auto& [name, attribute] : node_.attributes) {
      const auto formal = std::ranges::find(formals, std::string_view(name), &FormalAttribute::name);
      if (formal == formals.end()) return Fault(fmt::format("unknown attribute '{}'", name));
      if (!Fits(attribute, formal->kind))
        return Fault(fmt::format("attribute '{}' must be {}", name, KindName(formal->kind)));
    }
    for (const FormalAttribute& formal : formals) {
      if (formal.required && !node_.attributes.contains(formal.name))
        return Fault(fmt::format("attribute '{}' is missing", formal.name));
    }
    return {};
  }

  Status CheckDTypes() const {
    std::map<char, DType> letters;
    auto check = [&](std::span<const Formal> formals, const std::vector<ValueId>& ids,
                     std::string_view what) -> Status {
      for (size_t i = 0; i < ids.size(); ++i) {
        if (ids[i] == kNoValue || formals.empty()) continue;
        const Formal& formal = formals[std::min(i, formals.size() - 1)];
        const Type& type = function_.TypeOf(ids[i]);
        if (!type.IsKnown()) continue;
        if (!type.IsTensor()) {
          if (formal.dtypes == kAnyDType && formal.type_letter == '-') continue;
          return Fault(fmt::format("{} '{}' must be a tensor, not {}", what, formal.name, type.ToString()));
        }
        if (!formal.dtypes.Has(type.dtype))
          return Fault(fmt::format("{} '{}' cannot be {}", what, formal.name, DTypeName(type.dtype)));
        if (!formal.encoded && !type.encoding.IsPlain())
          return Fault(fmt::format("{} '{}' cannot be encoded ({}): sinter.Decode makes it plain", what,
                                   formal.name, type.ToString()));
        if (formal.type_letter == '-') continue;
        const auto [bound, fresh] = letters.emplace(formal.type_letter, type.dtype);
        if (!fresh && bound->second != type.dtype) {
          return Fault(fmt::format("{} '{}' is {}, but {} is {} here", what, formal.name,
                                   DTypeName(type.dtype), formal.type_letter, DTypeName(bound->second)));
        }
      }
      return {};
    };
    TRY_STATUS(check(page_.inputs.value, node_.inputs, "input"));
    return check(page_.outputs.value, node_.outputs, "output");
  }

  Error Fault(std::string message) const {
    return InvalidArgument(fmt::format("{}: {}", DescribeNode(function_, node_), message));
  }

  const Function& function_;
  const Node& node_;
  const Operator& page_;
};

}  // namespace

std::string DescribeNode(const Function& function, const Node& node) {
  std::string text = node.name.empty() ? node.op : fmt::format("{} '{}'", node.op, node.name);
  for (ValueId id : node.outputs) {
    if (id >= 0 && static_cast<size_t>(id) < function.values.size())
      return fmt::format("{} (%{})", text, function.values[static_cast<size_t>(id)].name);
  }
  return text;
}

Status CheckNode(const Function& function, const Node& node, const Operator& page) {
  return NodeChecker(function, node, page).Run();
}

}  // namespace sinter
