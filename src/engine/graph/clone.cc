#include "engine/graph/clone.h"

#include <algorithm>
#include <unordered_map>

#include <fmt/format.h>

namespace sinter {
namespace {

constexpr int kDeepestCall = 64;

using ValueMap = std::unordered_map<ValueId, ValueId>;

ValueId Mapped(const ValueMap& map, ValueId id) { return id == kNoValue ? kNoValue : map.at(id); }

ValueId CopyValue(const Function& from, ValueId id, Function& to, ValueMap& map) {
  if (id == kNoValue) return kNoValue;
  const ValueInfo& info = from.values[static_cast<size_t>(id)];
  const ValueId copy = to.AddValue(info.name, info.type);
  map[id] = copy;
  return copy;
}

Region CopyRegion(const Function& from, const Region& region, Function& to, ValueMap& map);

Node CopyNode(const Function& from, const Node& node, Function& to, ValueMap& map) {
  Node copy{node.op, node.name, {}, {}, node.attributes, {}, node.position, node.fusion};
  for (ValueId id : node.inputs) copy.inputs.push_back(Mapped(map, id));
  for (const auto& [name, region] : node.regions) {
    copy.regions.emplace_back(name, CopyRegion(from, region, to, map));
  }
  for (ValueId id : node.outputs) copy.outputs.push_back(CopyValue(from, id, to, map));
  return copy;
}

Region CopyRegion(const Function& from, const Region& region, Function& to, ValueMap& map) {
  Region copy;
  for (ValueId id : region.params) copy.params.push_back(CopyValue(from, id, to, map));
  for (const Node& node : region.nodes) copy.nodes.push_back(CopyNode(from, node, to, map));
  for (ValueId id : region.results) copy.results.push_back(Mapped(map, id));
  return copy;
}

ValueId ReadState(const Function& callee, const StateUse& use, Function& function) {
  for (const StateUse& read : function.reads) {
    if (read.state == use.state) return read.value;
  }
  const ValueId value = function.AddValue(use.state, callee.TypeOf(use.value));
  function.reads.push_back({use.state, value});
  return value;
}

Status InlineRegion(const Module& module, Function& function, Region& region, int depth) {
  std::vector<Node> nodes = std::move(region.nodes);
  region.nodes.clear();
  std::unordered_map<ValueId, ValueId> replaced;
  auto rename = [&](ValueId& id) {
    if (auto found = replaced.find(id); found != replaced.end()) id = found->second;
  };
  for (Node& node : nodes) {
    for (ValueId& id : node.inputs) rename(id);
    for (auto& [name, inner] : node.regions) {
      ForEachNode(inner, [&](Node& n) { std::ranges::for_each(n.inputs, rename); });
      std::ranges::for_each(inner.results, rename);
      TRY_STATUS(InlineRegion(module, function, inner, depth));
    }
    if (node.op != kCallOp) {
      region.nodes.push_back(std::move(node));
      continue;
    }
    const auto callee_name = node.attributes.find("callee");
    const auto* name =
        callee_name == node.attributes.end() ? nullptr : std::get_if<std::string>(&callee_name->second);
    const Function* callee = name == nullptr ? nullptr : module.FindFunction(*name);
    if (callee == nullptr)
      return InvalidArgument(
          fmt::format("@{}: call of an unknown function '{}'", function.name, name ? *name : ""));
    if (callee->name == function.name || depth >= kDeepestCall) {
      return InvalidArgument(fmt::format("@{}: the call of @{} recurses", function.name, *name));
    }
    Function flat = *callee;  // with its own calls gone, so that its results have their last names
    TRY_STATUS(InlineRegion(module, flat, flat.body, depth + 1));
    TRY(std::vector<ValueId> results, InlineBody(flat, node.inputs, function, region));
    for (size_t i = 0; i < node.outputs.size() && i < results.size(); ++i) {
      if (node.outputs[i] != kNoValue) replaced[node.outputs[i]] = results[i];
    }
  }
  std::ranges::for_each(region.results, rename);
  if (&region == &function.body) {
    for (StateUse& update : function.updates) rename(update.value);
  }
  return {};
}

}  // namespace

Result<std::vector<ValueId>> InlineBody(const Function& callee, std::span<const ValueId> arguments,
                                        Function& function, Region& region) {
  if (arguments.size() != callee.body.params.size()) {
    return InvalidArgument(fmt::format("@{}: @{} takes {} arguments, {} given", function.name, callee.name,
                                       callee.body.params.size(), arguments.size()));
  }
  ValueMap map;
  for (size_t i = 0; i < arguments.size(); ++i) map[callee.body.params[i]] = arguments[i];
  for (const StateUse& read : callee.reads) map[read.value] = ReadState(callee, read, function);
  for (const Node& node : callee.body.nodes) region.nodes.push_back(CopyNode(callee, node, function, map));
  for (const StateUse& update : callee.updates) {
    const bool twice =
        std::ranges::any_of(function.updates, [&](const StateUse& u) { return u.state == update.state; });
    if (twice)
      return InvalidArgument(fmt::format("@{}: state @{} is updated twice", function.name, update.state));
    function.updates.push_back({update.state, Mapped(map, update.value)});
  }
  std::vector<ValueId> results;
  results.reserve(callee.body.results.size());
  for (ValueId id : callee.body.results) results.push_back(Mapped(map, id));
  return results;
}

Status InlineCalls(const Module& module, Function& function) {
  return InlineRegion(module, function, function.body, 0);
}

Status CloneFunction(Module& module, std::string_view function, std::string copy) {
  const Function* original = module.FindFunction(function);
  if (original == nullptr)
    return NotFound(fmt::format("module {} has no function @{}", module.name, function));
  if (module.FindFunction(copy) != nullptr) {
    return Error{ErrorCode::kAlreadyExists,
                 fmt::format("module {} already has a function @{}", module.name, copy), ""};
  }
  Function clone = *original;
  clone.name = std::move(copy);
  module.functions.push_back(std::move(clone));
  return {};
}

}  // namespace sinter
