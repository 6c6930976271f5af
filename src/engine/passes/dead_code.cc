// Nodes, optional outputs and reads of states that nobody needs.
#include <algorithm>
#include <vector>

#include "engine/passes/pass.h"
#include "engine/passes/rewrite.h"

namespace sinter {
namespace {

class Sweeper {
 public:
  Sweeper(Function& function, const OperatorCatalog& catalog)
      : function_(function), catalog_(catalog), needed_(function.values.size(), false) {}

  int Run() {
    for (const StateUse& update : function_.updates) Need(update.value);
    Sweep(function_.body);
    const size_t reads = function_.reads.size();
    std::erase_if(function_.reads, [&](const StateUse& read) { return !Needed(read.value); });
    return removed_ + static_cast<int>(reads - function_.reads.size());
  }

 private:
  void Need(ValueId id) {
    if (id != kNoValue) needed_[static_cast<size_t>(id)] = true;
  }
  bool Needed(ValueId id) const { return id != kNoValue && needed_[static_cast<size_t>(id)]; }

  // From the end to the beginning: whoever reads a value has been seen before the node that defines it.
  void Sweep(Region& region) {
    std::ranges::for_each(region.results, [&](ValueId id) { Need(id); });
    std::vector<Node> kept;
    for (size_t i = region.nodes.size(); i-- > 0;) {
      Node& node = region.nodes[i];
      if (IsPure(node, catalog_) &&
          std::ranges::none_of(node.outputs, [&](ValueId id) { return Needed(id); })) {
        ++removed_;
        continue;
      }
      DropOptionalOutputs(node);
      for (auto& [name, inner] : node.regions) Sweep(inner);
      std::ranges::for_each(node.inputs, [&](ValueId id) { Need(id); });
      kept.push_back(std::move(node));
    }
    std::ranges::reverse(kept);
    region.nodes = std::move(kept);
  }

  // A mask or a running mean that nobody reads need not be computed.
  void DropOptionalOutputs(Node& node) {
    const Operator* page = catalog_.Find(node.op);
    if (page == nullptr) return;
    const auto& formals = page->outputs.value;
    for (size_t i = 0; i < node.outputs.size() && i < formals.size(); ++i) {
      if (formals[i].arity != Arity::kOptional || node.outputs[i] == kNoValue || Needed(node.outputs[i]))
        continue;
      node.outputs[i] = kNoValue;
      ++removed_;
    }
    while (!node.outputs.empty() && node.outputs.back() == kNoValue) node.outputs.pop_back();
  }

  Function& function_;
  const OperatorCatalog& catalog_;
  std::vector<bool> needed_;
  int removed_ = 0;
};

Result<int> Run(PassContext& context) { return Sweeper(context.function, context.catalog).Run(); }

}  // namespace

const Pass kDeadCodePass{"dead_code", "What nobody reads is left out.", &Run};

}  // namespace sinter
