// Groups of nodes that one kernel could compute in one sweep, without their values between going to memory:
// element-wise nodes over one iteration space, and the row-wise or reducing nodes that they feed. A group is
// convex (no way leads out of it and back in), so that it can run as one step. It is marked, and nothing
// else: kernels that fuse take it from there.
#include <algorithm>
#include <unordered_map>
#include <vector>

#include "engine/passes/pass.h"
#include "engine/passes/rewrite.h"

namespace sinter {
namespace {

// A kernel keeps a handful of streams in flight; more pointers than this spill.
constexpr size_t kMostMembers = 32;
// Nodes followed to see whether one may join; beyond them it does not.
constexpr int kLongestWalk = 4096;

enum class Role { kNone, kMap, kEnd };

class Marker {
 public:
  Marker(Function& function, const OperatorCatalog& catalog, Region& region, int32_t& next)
      : function_(function), catalog_(catalog), region_(region), next_(next) {}

  int Run() {
    for (Node& node : region_.nodes) node.fusion = 0;
    group_of_.assign(region_.nodes.size(), kNone);
    seen_.assign(region_.nodes.size(), 0);
    crossing_.assign(region_.nodes.size(), 0);
    for (size_t i = 0; i < region_.nodes.size(); ++i) {
      for (ValueId id : region_.nodes[i].outputs) {
        if (id != kNoValue) definer_[id] = i;
      }
      Place(i);
    }
    int marked = 0;
    for (const Group& group : groups_) {
      if (group.members.size() < 2) continue;
      for (size_t member : group.members) region_.nodes[member].fusion = next_;
      ++next_;
      ++marked;
    }
    return marked;
  }

 private:
  static constexpr size_t kNone = SIZE_MAX;

  struct Group {
    Shape space;  // what it iterates over
    std::vector<size_t> members;
  };

  Role RoleOf(const Node& node) const {
    const Operator* page = catalog_.Find(node.op);
    if (page == nullptr || !node.regions.empty() || page->effect != Effect::kPure || page->view)
      return Role::kNone;
    for (ValueId id : node.outputs) {
      if (id != kNoValue && !function_.TypeOf(id).IsTensor()) return Role::kNone;
    }
    if (std::holds_alternative<Elementwise>(page->index.value)) return Role::kMap;
    const bool ends = std::holds_alternative<Reduction>(page->index.value) ||
                      std::holds_alternative<RowWise>(page->index.value);
    return ends ? Role::kEnd : Role::kNone;
  }

  // Puts node i into the group of one of its inputs, or begins one.
  void Place(size_t i) {
    const Node& node = region_.nodes[i];
    const Role role = RoleOf(node);
    if (role == Role::kNone || node.outputs.empty() || node.outputs[0] == kNoValue) return;
    const bool maps = role == Role::kMap;
    if (!maps && (node.inputs.empty() || node.inputs[0] == kNoValue)) return;
    const Shape& space = function_.TypeOf(maps ? node.outputs[0] : node.inputs[0]).shape;
    for (ValueId id : node.inputs) {
      const auto found = definer_.find(id);
      if (id == kNoValue || found == definer_.end()) continue;
      const size_t group = group_of_[found->second];
      if (group == kNone || groups_[group].members.size() >= kMostMembers ||
          RoleOf(region_.nodes[found->second]) != Role::kMap || !(groups_[group].space == space) ||
          ReachedFromOutside(node, group))
        continue;
      for (size_t cut = groups_[group].members.back(); cut < i; ++cut) ++crossing_[cut];
      groups_[group].members.push_back(i);
      group_of_[i] = group;
      return;
    }
    if (!maps) return;
    group_of_[i] = groups_.size();
    groups_.push_back({space, {i}});
  }

  // Whether some input of the node that is not of the group depends on it: then the group would wait for
  // itself.
  bool ReachedFromOutside(const Node& node, size_t group) {
    ++walk_;
    waiting_.clear();
    // Nodes before a place that no group spans read, and run with, such nodes alone.
    size_t first = groups_[group].members.front();
    while (first > 0 && crossing_[first - 1] > 0) --first;
    auto wait = [&](size_t at) {
      if (at < first || seen_[at] == walk_) return;
      seen_[at] = walk_;
      waiting_.push_back(at);
    };
    auto follow = [&](size_t from) {
      for (ValueId id : Reads(region_.nodes[from])) {
        if (const auto found = definer_.find(id); found != definer_.end()) wait(found->second);
      }
    };
    for (ValueId id : Reads(node)) {
      const auto found = definer_.find(id);
      if (found == definer_.end()) continue;
      if (group_of_[found->second] != group)
        wait(found->second);
      else if (RoleOf(region_.nodes[found->second]) == Role::kEnd)
        return true;  // a sum is known only after the sweep
    }
    for (int steps = 0; !waiting_.empty(); ++steps) {
      const size_t at = waiting_.back();
      waiting_.pop_back();
      if (group_of_[at] == group || steps == kLongestWalk) return true;
      follow(at);
      if (group_of_[at] == kNone) continue;
      for (size_t sibling : groups_[group_of_[at]].members) wait(sibling);  // a group runs as one
    }
    return false;
  }

  // What a node reads, in its regions too.
  static std::vector<ValueId> Reads(const Node& node) {
    std::vector<ValueId> ids = node.inputs;
    for (const auto& [name, region] : node.regions) {
      ForEachNode(region, [&](const Node& inner) {
        ids.insert(ids.end(), inner.inputs.begin(), inner.inputs.end());
      });
      ids.insert(ids.end(), region.results.begin(), region.results.end());
    }
    return ids;
  }

  Function& function_;
  const OperatorCatalog& catalog_;
  Region& region_;
  int32_t& next_;
  std::vector<Group> groups_;
  std::vector<size_t> group_of_;
  std::unordered_map<ValueId, size_t> definer_;
  std::vector<uint32_t> crossing_;  // groups with members both up to node i and after it
  std::vector<uint32_t> seen_;      // the last walk that came by node i
  uint32_t walk_ = 0;
  std::vector<size_t> waiting_;
};

Result<int> Run(PassContext& context) {
  int32_t next = 1;
  int marked = 0;
  ForEachRegion(context.function.body, [&](Region& region) {
    marked += Marker(context.function, context.catalog, region, next).Run();
  });
  return marked;
}

}  // namespace

const Pass kMarkFusionPass{"mark_fusion", "Groups of nodes that one kernel could compute are marked.", &Run};

}  // namespace sinter
