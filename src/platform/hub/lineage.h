// Where a version came from and what came of it.
#pragma once

#include <compare>
#include <map>
#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace sinter {

struct LineageNode {
  std::string kind;  // "dataset", "run", "model", "service"
  std::string ref;   // "fashion@1", "fashion-1", "fashion@2", "fashion@3" (a service's revision)
  auto operator<=>(const LineageNode&) const = default;
};

struct LineageEdge {
  LineageNode from, to;
  std::string how;  // "derived", "labelled", "trained", "made", "served"
  auto operator<=>(const LineageEdge&) const = default;
};

struct LineageStep {
  LineageNode node;
  int distance = 0;  // in edges: negative is where it came from, 0 the node itself, positive what came of it
  bool operator==(const LineageStep&) const = default;
};

struct Lineage {
  std::vector<LineageStep> steps;  // by distance, then by node
  std::vector<LineageEdge> edges;  // between them, in order, each once
};

// What led to what, as records say it: each says some edges, and two may say the same one.
class LineageGraph {
 public:
  // All that this record says from now on.
  void Set(std::string_view record, std::vector<LineageEdge> edges);

  // What came of the node at once, in the order in which it was said.
  std::vector<LineageNode> Out(const LineageNode& node) const;

  // What leads to the node and what it leads to, each as far as it goes: not the other runs on the same data.
  // A node that is met both ways (records that were written by hand may run in circles) counts as where it
  // came from.
  Lineage Trace(const LineageNode& node) const;

 private:
  struct Links {
    std::vector<const LineageEdge*> into, out_of;
  };
  void Forget(const std::vector<LineageEdge>& edges);
  void Walk(const LineageNode& start, bool back, std::map<LineageNode, int>& distances,
            std::set<LineageEdge>& met) const;
  std::map<std::string, std::vector<LineageEdge>, std::less<>> said_;  // by record; no list is empty
  std::map<LineageNode, Links> links_;                                 // to what said_ holds
};

}  // namespace sinter
