// What several passes need: who reads a value, one value in another's place, constants.
#pragma once

#include <unordered_map>
#include <vector>

#include "base/function_ref.h"
#include "engine/graph/module.h"
#include "engine/graph/operator.h"

namespace sinter {

// How often each value is read: by nodes (regions' included), regions' and the function's results, updates.
class UseCounts {
 public:
  explicit UseCounts(const Function& function);
  int of(ValueId id) const { return counts_[static_cast<size_t>(id)]; }

 private:
  std::vector<int> counts_;
};

// Values that others stand in for; chains are followed. The stand-in must be visible wherever the value is
// read, and of the same type.
class Replacements {
 public:
  void Add(ValueId value, ValueId stand_in) { stand_ins_[value] = Of(stand_in); }
  ValueId Of(ValueId value) const;
  bool empty() const { return stand_ins_.empty(); }
  // Rewrites every reader in the function. Its results keep their names: the stand-in of a result takes the
  // result's name where it may (a node of the body defines it, and it is no result itself); else the result
  // stays what it was.
  void Apply(Function& function) const;

 private:
  std::unordered_map<ValueId, ValueId> stand_ins_;
};

// Calls visit(region) for the body and each region inside, outer before inner.
void ForEachRegion(Region& region, FunctionRef<void(Region&)> visit);

// A Constant node that defines `output`.
Node MakeConstant(ValueId output, Tensor value);
// The tensor of a Constant node; null for another node.
const Tensor* ConstantOf(const Node& node);

// Whether the node may be left out or computed once: no collective in it or in its regions.
bool IsPure(const Node& node, const OperatorCatalog& catalog);

// The node that defines each value of one region (not those inside): value -> index into region.nodes.
std::unordered_map<ValueId, size_t> Definitions(const Region& region);

}  // namespace sinter
