#include "engine/passes/rewrite.h"

#include <algorithm>
#include <map>
#include <set>
#include <utility>

namespace sinter {
namespace {

// Calls use(id) with a reference to each place in the function that reads a value.
template <class FunctionType, class F>
void ForEachUse(FunctionType& function, F&& use) {
  ForEachNode(function.body, [&](auto& node) {
    for (auto& id : node.inputs) {
      if (id != kNoValue) use(id);
    }
    for (auto& [name, region] : node.regions) std::ranges::for_each(region.results, use);
  });
  std::ranges::for_each(function.body.results, use);
  for (auto& update : function.updates) use(update.value);
}

}  // namespace

UseCounts::UseCounts(const Function& function) : counts_(function.values.size(), 0) {
  ForEachUse(function, [&](const ValueId& id) { ++counts_[static_cast<size_t>(id)]; });
}

ValueId Replacements::Of(ValueId value) const {
  for (auto found = stand_ins_.find(value); found != stand_ins_.end(); found = stand_ins_.find(value))
    value = found->second;
  return value;
}

void Replacements::Apply(Function& function) const {
  if (empty()) return;
  const std::vector<ValueId> named = function.body.results;
  ForEachUse(function, [&](ValueId& id) { id = Of(id); });
  std::set<ValueId> free;  // values that may take another's name
  for (const Node& node : function.body.nodes) free.insert(node.outputs.begin(), node.outputs.end());
  for (ValueId id : named) free.erase(id);
  std::map<ValueId, ValueId> renamed;  // a value may be several results
  for (size_t i = 0; i < named.size(); ++i) {
    ValueId& result = function.body.results[i];
    if (result == named[i]) continue;
    if (const auto same = renamed.find(named[i]); same != renamed.end() && same->second == result) continue;
    if (free.erase(result) == 0) {
      result = named[i];
      continue;
    }
    renamed[named[i]] = result;
    std::swap(function.values[static_cast<size_t>(result)].name,
              function.values[static_cast<size_t>(named[i])].name);
  }
}

void ForEachRegion(Region& region, FunctionRef<void(Region&)> visit) {
  visit(region);
  for (Node& node : region.nodes) {
    for (auto& [name, inner] : node.regions) ForEachRegion(inner, visit);
  }
}

Node MakeConstant(ValueId output, Tensor value) {
  Node node;
  node.op = "Constant";
  node.outputs.push_back(output);
  node.attributes["value"] = std::move(value);
  return node;
}

const Tensor* ConstantOf(const Node& node) {
  if (node.op != "Constant") return nullptr;
  const auto value = node.attributes.find("value");
  return value == node.attributes.end() ? nullptr : std::get_if<Tensor>(&value->second);
}

bool IsPure(const Node& node, const OperatorCatalog& catalog) {
  const Operator* page = catalog.Find(node.op);
  if (page == nullptr || page->effect != Effect::kPure) return false;  // calls too: what they do is not seen
  bool pure = true;
  for (const auto& [name, region] : node.regions)
    ForEachNode(region, [&](const Node& inner) { pure = pure && IsPure(inner, catalog); });
  return pure;
}

std::unordered_map<ValueId, size_t> Definitions(const Region& region) {
  std::unordered_map<ValueId, size_t> definitions;
  for (size_t i = 0; i < region.nodes.size(); ++i) {
    for (ValueId id : region.nodes[i].outputs) {
      if (id != kNoValue) definitions[id] = i;
    }
  }
  return definitions;
}

}  // namespace sinter
