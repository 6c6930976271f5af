#include <fmt/format.h>

#include "engine/graph/literals.h"
#include "engine/graph/text.h"

namespace sinter {
namespace {

std::string_view ScopeName(StateScope scope) {
  switch (scope) {
    case StateScope::kShared:
      return "shared";
    case StateScope::kSession:
      return "session";
    case StateScope::kSequence:
      return "sequence";
  }
  return "shared";
}

class Printer {
 public:
  Printer(const Function& function, const PrintOptions& options) : function_(function), options_(options) {}

  std::string NodeText(const Node& node, int indent) const {
    std::string text;
    for (size_t i = 0; i < node.outputs.size(); ++i) {
      if (i > 0) text += ", ";
      text += node.outputs[i] == kNoValue ? "_" : Typed(node.outputs[i]);
    }
    if (!node.outputs.empty()) text += " = ";
    Attributes attributes = node.attributes;
    if (node.op == kCallOp) {
      const auto callee = attributes.find("callee");
      const auto* name = callee == attributes.end() ? nullptr : std::get_if<std::string>(&callee->second);
      text += fmt::format("call @{}", name == nullptr ? "?" : *name);
      if (callee != attributes.end()) attributes.erase(callee);
    } else {
      text += node.op;
    }
    if (!node.name.empty()) text += " " + QuoteString(node.name) + " ";
    text += "(";
    for (size_t i = 0; i < node.inputs.size(); ++i) {
      if (i > 0) text += ", ";
      if (node.inputs[i] != kNoValue) text += Name(node.inputs[i]);
    }
    text += ")" + PrintAttributes(attributes, options_.largest_tensor);
    if (node.fusion > 0) text += fmt::format(" fuse {}", node.fusion);
    for (const auto& [name, region] : node.regions) {
      text += fmt::format(" {}(", name);
      for (size_t i = 0; i < region.params.size(); ++i)
        text += (i == 0 ? "" : ", ") + Typed(region.params[i]);
      text += ") {\n" + RegionText(region, indent + 1, "yield") +
              std::string(static_cast<size_t>(indent) * 2, ' ') + "}";
    }
    return text;
  }

  std::string RegionText(const Region& region, int indent, std::string_view last) const {
    const std::string margin(static_cast<size_t>(indent) * 2, ' ');
    std::string text;
    for (const Node& node : region.nodes) text += margin + NodeText(node, indent) + "\n";
    if (last == "return") {
      for (const StateUse& update : function_.updates)
        text += fmt::format("{}update @{} = {}\n", margin, update.state, Name(update.value));
    }
    text += margin + std::string(last);
    for (size_t i = 0; i < region.results.size(); ++i)
      text += (i == 0 ? " " : ", ") + Name(region.results[i]);
    return text + "\n";
  }

  std::string Typed(ValueId id) const {
    const Type& type = function_.TypeOf(id);
    return type.IsKnown() ? fmt::format("{}: {}", Name(id), type.ToString()) : Name(id);
  }

 private:
  std::string Name(ValueId id) const { return "%" + function_.values[static_cast<size_t>(id)].name; }

  const Function& function_;
  const PrintOptions& options_;
};

std::string StateText(const State& state, const PrintOptions& options) {
  std::string text = fmt::format("  state {}{} @{}: {}", ScopeName(state.scope),
                                 state.trainable ? " trainable" : "", state.name, state.type.ToString());
  if (state.initial) text += " = " + PrintTensor(*state.initial, options.largest_tensor);
  return text + "\n";
}

std::string FunctionText(const Function& function, const PrintOptions& options) {
  const Printer printer(function, options);
  std::string text = fmt::format("  func @{}(", function.name);
  for (size_t i = 0; i < function.body.params.size(); ++i)
    text += (i == 0 ? "" : ", ") + printer.Typed(function.body.params[i]);
  text += ") {\n";
  for (const StateUse& read : function.reads)
    text += fmt::format("    {} = read @{}\n", printer.Typed(read.value), read.state);
  return text + printer.RegionText(function.body, 2, "return") + "  }\n";
}

}  // namespace

std::string PrintNode(const Function& function, const Node& node, const PrintOptions& options) {
  return Printer(function, options).NodeText(node, 0);
}

std::string PrintModule(const Module& module, const PrintOptions& options) {
  std::string text = fmt::format("module {} {{\n", module.name);
  for (const auto& [key, value] : module.metadata)
    text += fmt::format("  meta {} = {}\n", QuoteString(key), QuoteString(value));
  for (const auto& [name, bound] : module.symbols)
    text += fmt::format("  symbol {} in {}..{}\n", name, bound.lo, bound.hi.ToString());
  for (const State& state : module.states) text += StateText(state, options);
  for (const Function& function : module.functions) text += FunctionText(function, options);
  return text + "}\n";
}

}  // namespace sinter
