#include "engine/graph/verifier.h"

#include <algorithm>
#include <set>
#include <unordered_set>

#include <fmt/format.h>

#include "engine/graph/infer.h"

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

class FunctionVerifier {
 public:
  FunctionVerifier(const Module& module, const Function& function, const OperatorCatalog& catalog)
      : module_(module), function_(function), catalog_(catalog) {}

  Status Run() {
    std::unordered_set<std::string_view> names;
    for (const ValueInfo& info : function_.values) {
      if (!names.insert(info.name).second)
        return Fault("", fmt::format("two values are called %{}", info.name));
      TRY_STATUS(SymbolsKnown(info));
    }
    std::set<ValueId> visible;
    for (const StateUse& read : function_.reads) {
      if (module_.FindState(read.state) == nullptr)
        return Fault("", fmt::format("there is no state @{}", read.state));
      TRY_STATUS(Define(visible, read.value, "read"));
    }
    TRY_STATUS(CheckRegion(function_.body, visible));
    return CheckUpdates(visible);
  }

 private:
  Error Fault(std::string_view node, std::string message) const {
    return InvalidArgument(node.empty() ? fmt::format("@{}: {}", function_.name, message)
                                        : fmt::format("@{}: {}: {}", function_.name, node, message));
  }
  std::string Describe(const Node& node) const {
    std::string text = node.name.empty() ? node.op : fmt::format("{} '{}'", node.op, node.name);
    for (ValueId id : node.outputs) {
      if (Valid(id)) return fmt::format("{} (%{})", text, function_.values[static_cast<size_t>(id)].name);
    }
    return text;
  }
  bool Valid(ValueId id) const { return id >= 0 && static_cast<size_t>(id) < function_.values.size(); }

  Status SymbolsKnown(const ValueInfo& info) const {
    for (const Dim& dim : info.type.shape) {
      for (const std::string& symbol : dim.Symbols()) {
        if (!module_.symbols.contains(symbol))
          return Fault("", fmt::format("%{} uses the undeclared symbol {}", info.name, symbol));
      }
    }
    return {};
  }

  Status Define(std::set<ValueId>& visible, ValueId id, std::string_view where) {
    if (!Valid(id)) return Fault(where, fmt::format("value {} does not exist", id));
    if (!defined_.insert(id).second)
      return Fault(where,
                   fmt::format("%{} is defined twice", function_.values[static_cast<size_t>(id)].name));
    visible.insert(id);
    return {};
  }

  Status Use(const std::set<ValueId>& visible, ValueId id, const std::string& where) const {
    if (!Valid(id)) return Fault(where, fmt::format("value {} does not exist", id));
    if (!visible.contains(id))
      return Fault(where, fmt::format("%{} is used before it is defined, or out of its scope",
                                      function_.values[static_cast<size_t>(id)].name));
    return {};
  }

  Status CheckRegion(const Region& region, std::set<ValueId>& visible) {
    for (ValueId id : region.params) TRY_STATUS(Define(visible, id, "parameter"));
    for (const Node& node : region.nodes) {
      const std::string where = Describe(node);
      for (ValueId id : node.inputs) {
        if (id != kNoValue) TRY_STATUS(Use(visible, id, where));
      }
      if (node.op != kCallOp) TRY_STATUS(CheckAgainstPage(node, where));
      for (const auto& [name, inner] : node.regions) {
        std::set<ValueId> inside = visible;
        TRY_STATUS(CheckRegion(inner, inside));
      }
      for (ValueId id : node.outputs) {
        if (id != kNoValue) TRY_STATUS(Define(visible, id, where));
      }
    }
    for (ValueId id : region.results) TRY_STATUS(Use(visible, id, "result"));
    return {};
  }

  Status CheckAgainstPage(const Node& node, const std::string& where) const {
    const Operator* page = catalog_.Find(node.op);
    if (page == nullptr) return Fault(where, "no such operator");
    TRY_STATUS(CheckList(node, where, page->inputs.value, node.inputs, "input"));
    TRY_STATUS(CheckList(node, where, page->outputs.value, node.outputs, "output"));
    TRY_STATUS(CheckAttributes(node, where, *page));
    if (node.regions.size() != page->regions.size())
      return Fault(where, fmt::format("{} regions are needed, {} are there", page->regions.size(),
                                      node.regions.size()));
    for (size_t i = 0; i < node.regions.size(); ++i) {
      if (node.regions[i].first != page->regions[i].name)
        return Fault(where, fmt::format("region {} must be called {}", i, page->regions[i].name));
    }
    return CheckDTypes(node, where, *page);
  }

  Status CheckList(const Node&, const std::string& where, std::span<const Formal> formals,
                   const std::vector<ValueId>& given, std::string_view what) const {
    const bool variadic = !formals.empty() && formals.back().arity == Arity::kVariadic;
    if (given.size() > formals.size() && !variadic)
      return Fault(where,
                   fmt::format("takes at most {} {}s, {} are given", formals.size(), what, given.size()));
    for (size_t i = 0; i < formals.size(); ++i) {
      const bool absent = i >= given.size() || given[i] == kNoValue;
      if (absent && what == "input" && formals[i].arity == Arity::kRequired)
        return Fault(where, fmt::format("{} '{}' is missing", what, formals[i].name));
    }
    return {};
  }

  Status CheckAttributes(const Node& node, const std::string& where, const Operator& page) const {
    const auto& formals = page.attributes.value;
    for (const auto& [name, attribute] : node.attributes) {
      const auto formal = std::ranges::find(formals, std::string_view(name), &FormalAttribute::name);
      if (formal == formals.end()) return Fault(where, fmt::format("unknown attribute '{}'", name));
      if (!Fits(attribute, formal->kind))
        return Fault(where, fmt::format("attribute '{}' must be {}", name, KindName(formal->kind)));
    }
    for (const FormalAttribute& formal : formals) {
      if (formal.required && !node.attributes.contains(formal.name))
        return Fault(where, fmt::format("attribute '{}' is missing", formal.name));
    }
    return {};
  }

  Status CheckDTypes(const Node& node, const std::string& where, const Operator& page) const {
    std::map<char, DType> letters;
    auto check = [&](std::span<const Formal> formals, const std::vector<ValueId>& ids,
                     std::string_view what) -> Status {
      for (size_t i = 0; i < ids.size(); ++i) {
        if (ids[i] == kNoValue || formals.empty()) continue;
        const Formal& formal = formals[std::min(i, formals.size() - 1)];
        const Type& type = function_.TypeOf(ids[i]);
        if (!type.IsTensor()) continue;
        if (!formal.dtypes.Has(type.dtype))
          return Fault(where, fmt::format("{} '{}' cannot be {}", what, formal.name, DTypeName(type.dtype)));
        if (!formal.encoded && !type.encoding.IsPlain())
          return Fault(where, fmt::format("{} '{}' cannot be encoded ({}): sinter.Decode makes it plain",
                                          what, formal.name, type.ToString()));
        if (formal.type_letter == '-') continue;
        const auto [bound, fresh] = letters.emplace(formal.type_letter, type.dtype);
        if (!fresh && bound->second != type.dtype) {
          return Fault(
              where, fmt::format("{} '{}' is {}, but {} is {} here", what, formal.name, DTypeName(type.dtype),
                                 formal.type_letter, DTypeName(bound->second)));
        }
      }
      return {};
    };
    TRY_STATUS(check(page.inputs.value, node.inputs, "input"));
    return check(page.outputs.value, node.outputs, "output");
  }

  Status CheckUpdates(const std::set<ValueId>& visible) const {
    std::set<std::string, std::less<>> updated;
    auto once = [&](const std::string& state) -> Status {
      if (!updated.insert(state).second) return Fault("", fmt::format("state @{} is updated twice", state));
      return {};
    };
    for (const StateUse& update : function_.updates) {
      const State* state = module_.FindState(update.state);
      if (state == nullptr) return Fault("", fmt::format("there is no state @{}", update.state));
      TRY_STATUS(Use(visible, update.value, "update"));
      const Type& type = function_.TypeOf(update.value);
      if (type.IsKnown() && !(type == state->type)) {
        return Fault("", fmt::format("state @{} is {}; its update is {}", update.state,
                                     state->type.ToString(), type.ToString()));
      }
      TRY_STATUS(once(update.state));
    }
    Status status;
    ForEachNode(function_.body, [&](const Node& node) {
      if (!status || node.op != kCallOp) return;
      const auto callee = node.attributes.find("callee");
      const auto* name =
          callee == node.attributes.end() ? nullptr : std::get_if<std::string>(&callee->second);
      const Function* called = name == nullptr ? nullptr : module_.FindFunction(*name);
      if (called == nullptr) return;
      for (const StateUse& update : called->updates) {
        if (status) status = once(update.state);
      }
    });
    return status;
  }

  const Module& module_;
  const Function& function_;
  const OperatorCatalog& catalog_;
  std::set<ValueId> defined_;
};

template <class List>
Status UniqueNames(const List& list, std::string_view what) {
  std::set<std::string_view> names;
  for (const auto& item : list) {
    if (!names.insert(item.name).second)
      return InvalidArgument(fmt::format("two {}s are called @{}", what, item.name));
  }
  return {};
}

Status CheckStates(const Module& module) {
  for (const State& state : module.states) {
    if (!state.type.IsTensor())
      return InvalidArgument(
          fmt::format("state @{} must be a tensor, not {}", state.name, state.type.ToString()));
    if (state.initial && !(state.initial->type() == state.type)) {
      return InvalidArgument(fmt::format("state @{} is {}, its initial value {}", state.name,
                                         state.type.ToString(), state.initial->type().ToString()));
    }
    if (state.trainable && !IsFloat(state.type.dtype))
      return InvalidArgument(
          fmt::format("state @{} is trainable and {}", state.name, DTypeName(state.type.dtype)));
  }
  return {};
}

}  // namespace

Status VerifyModule(const Module& module, const OperatorCatalog& catalog) {
  TRY_STATUS(UniqueNames(module.states, "state"));
  TRY_STATUS(UniqueNames(module.functions, "function"));
  TRY_STATUS(CheckStates(module));
  for (const auto& [name, bound] : module.symbols) {
    if (const auto high = bound.hi.Constant(); bound.lo < 0 || (high && *high < bound.lo)) {
      return InvalidArgument(
          fmt::format("symbol {} has no value between {} and {}", name, bound.lo, bound.hi.ToString()));
    }
  }
  for (const Function& function : module.functions)
    TRY_STATUS(FunctionVerifier(module, function, catalog).Run());
  Module copy = module;  // inference writes types; what it writes must be what stands there
  return InferModule(copy, catalog);
}

}  // namespace sinter
