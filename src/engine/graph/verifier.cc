#include "engine/graph/verifier.h"

#include <algorithm>
#include <optional>
#include <set>
#include <unordered_set>

#include <fmt/format.h>

#include "engine/graph/infer.h"
#include "engine/graph/node_check.h"
#include "engine/graph/state_updates.h"

namespace sinter {
namespace {

// A symbol of the type, or of what it holds, that the module does not declare.
std::optional<std::string> UndeclaredSymbol(const Module& module, const Type& type) {
  for (const Dim& dim : type.shape) {
    for (const std::string& symbol : dim.Symbols()) {
      if (!module.symbols.contains(symbol)) return symbol;
    }
  }
  return type.element == nullptr ? std::nullopt : UndeclaredSymbol(module, *type.element);
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
  bool Valid(ValueId id) const { return id >= 0 && static_cast<size_t>(id) < function_.values.size(); }

  Status SymbolsKnown(const ValueInfo& info) const {
    if (const auto unknown = UndeclaredSymbol(module_, info.type))
      return Fault("", fmt::format("%{} uses the undeclared symbol {}", info.name, *unknown));
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
      const std::string where = DescribeNode(function_, node);
      for (ValueId id : node.inputs) {
        if (id != kNoValue) TRY_STATUS(Use(visible, id, where));
      }
      if (node.op != kCallOp) {
        const Operator* page = catalog_.Find(node.op);
        if (page == nullptr) return Fault(where, "no such operator");
        if (auto status = CheckNode(function_, node, *page); !status)
          return std::move(status).error().In("@" + function_.name);
      }
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

  Status CheckUpdates(const std::set<ValueId>& visible) const {
    for (const StateUse& update : function_.updates) {
      const State* state = module_.FindState(update.state);
      if (state == nullptr) return Fault("", fmt::format("there is no state @{}", update.state));
      TRY_STATUS(Use(visible, update.value, "update"));
      const Type& type = function_.TypeOf(update.value);
      if (type.IsKnown() && !(type == state->type)) {
        return Fault("", fmt::format("state @{} is {}; its update is {}", update.state,
                                     state->type.ToString(), type.ToString()));
      }
    }
    return {};
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
    if (const auto unknown = UndeclaredSymbol(module, state.type))
      return InvalidArgument(fmt::format("state @{} uses the undeclared symbol {}", state.name, *unknown));
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
  for (const auto& [name, bound] : module.symbols) {
    for (const std::string& symbol : bound.hi.Symbols()) {
      if (!module.symbols.contains(symbol))
        return InvalidArgument(fmt::format("symbol {} is bounded by the undeclared symbol {}", name, symbol));
    }
  }
  for (const Function& function : module.functions)
    TRY_STATUS(FunctionVerifier(module, function, catalog).Run());
  TRY_STATUS(CheckUpdatesThroughCalls(module));
  Module copy = module;  // inference writes types; what it writes must be what stands there
  return InferModule(copy, catalog);
}

}  // namespace sinter
