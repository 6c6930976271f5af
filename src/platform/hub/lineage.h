// Where a version came from and what came of it.
#pragma once

#include <compare>
#include <span>
#include <string>
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

// What leads to the node and what it leads to, each as far as it goes: not the other runs on the same data.
// A node that is met both ways (records that were written by hand may run in circles) counts as where it came
// from.
Lineage TraceLineage(std::span<const LineageEdge> edges, const LineageNode& node);

}  // namespace sinter
