// The same operator on the same values with the same attributes is computed once; equal constants are one.
#include <algorithm>
#include <string>
#include <unordered_map>
#include <vector>

#include <fmt/format.h>

#include "engine/graph/text.h"
#include "engine/passes/pass.h"
#include "engine/passes/rewrite.h"

namespace sinter {
namespace {

// Bytes of a tensor that its key reads: weights are mapped files, of which nothing should be touched for
// this. Equal keys are compared in full.
constexpr size_t kHashed = 1024;

constexpr uint64_t kHashBasis = 14695981039346656037ULL;  // FNV-1a, 64 bits
constexpr uint64_t kHashPrime = 1099511628211ULL;

uint64_t HashBytes(std::span<const std::byte> bytes) {
  uint64_t hash = kHashBasis;
  for (std::byte byte : bytes) hash = (hash ^ static_cast<uint64_t>(byte)) * kHashPrime;
  return hash;
}

class Merger {
 public:
  Merger(Function& function, const OperatorCatalog& catalog) : function_(function), catalog_(catalog) {}

  int Run() {
    InRegion(function_.body, nullptr);
    replaced_.Apply(function_);
    return changes_;
  }

 private:
  // What stands computed where a region begins; what a region adds is seen inside it alone.
  struct Scope {
    const Scope* outer;
    std::unordered_multimap<std::string, const Node*> nodes;
  };

  void InRegion(Region& region, const Scope* outer) {
    Scope scope{outer, {}};
    for (Node& node : region.nodes) {
      for (ValueId& id : node.inputs) {
        if (id != kNoValue) id = replaced_.Of(id);
      }
      for (auto& [name, inner] : node.regions) InRegion(inner, &scope);
      const Operator* page = catalog_.Find(node.op);
      if (page == nullptr || !node.regions.empty() || page->effect != Effect::kPure) continue;
      const std::string key = Key(node, *page);
      if (const Node* twin = Find(&scope, key, node)) {
        for (size_t i = 0; i < node.outputs.size(); ++i) {
          if (node.outputs[i] != kNoValue) replaced_.Add(node.outputs[i], twin->outputs[i]);
        }
        ++changes_;
      } else {
        scope.nodes.emplace(key, &node);
      }
    }
  }

  std::string Key(const Node& node, const Operator& page) const {
    std::vector<ValueId> inputs = node.inputs;
    if (page.algebra.commutative) std::ranges::sort(inputs);
    std::string key = node.op;
    for (ValueId id : inputs) key += fmt::format(" {}", id);
    for (const auto& [name, attribute] : node.attributes) {
      const Tensor* tensor = std::get_if<Tensor>(&attribute);
      key += fmt::format(";{}=", name);
      if (tensor == nullptr || tensor->dtype() == DType::kString)
        key += PrintAttribute(attribute);
      else
        key += fmt::format("{} {:x}", tensor->type().ToString(),
                           HashBytes({tensor->raw(), std::min(kHashed, tensor->bytes())}));
    }
    return key;
  }

  const Node* Find(const Scope* scope, const std::string& key, const Node& node) const {
    for (; scope != nullptr; scope = scope->outer) {
      const auto [first, last] = scope->nodes.equal_range(key);
      for (auto it = first; it != last; ++it) {
        if (Gives(*it->second, node)) return it->second;
      }
    }
    return nullptr;
  }

  // The earlier node gives every output that the later one is wanted for, of the same type (a size born at
  // run time has a symbol of its own), and a hash did not lie.
  bool Gives(const Node& earlier, const Node& later) const {
    if (earlier.outputs.size() < later.outputs.size()) return false;
    for (size_t i = 0; i < later.outputs.size(); ++i) {
      if (later.outputs[i] == kNoValue) continue;
      if (earlier.outputs[i] == kNoValue ||
          !(function_.TypeOf(earlier.outputs[i]) == function_.TypeOf(later.outputs[i])))
        return false;
    }
    return std::ranges::all_of(later.attributes, [&](const auto& named) {
      return SameAttribute(named.second, earlier.attributes.at(named.first));
    });
  }

  Function& function_;
  const OperatorCatalog& catalog_;
  Replacements replaced_;
  int changes_ = 0;
};

Result<int> Run(PassContext& context) { return Merger(context.function, context.catalog).Run(); }

}  // namespace

const Pass kCommonSubexpressionsPass{"common_subexpressions", "What is computed twice is computed once.",
                                     &Run};

}  // namespace sinter
