#include "platform/hub/lineage.h"

#include <algorithm>
#include <deque>
#include <map>
#include <set>

namespace sinter {
namespace {

using Neighbours = std::multimap<LineageNode, const LineageEdge*>;

// Breadth first, so that a distance is the shortest.
void Walk(const Neighbours& neighbours, const LineageNode& start, bool back,
          std::map<LineageNode, int>& distances, std::set<LineageEdge>& edges) {
  std::deque<std::pair<LineageNode, int>> next{{start, 0}};
  std::set<LineageNode> seen{start};
  while (!next.empty()) {
    const auto [node, distance] = next.front();
    next.pop_front();
    const auto [begin, end] = neighbours.equal_range(node);
    for (auto it = begin; it != end; ++it) {
      edges.insert(*it->second);
      const LineageNode& other = back ? it->second->from : it->second->to;
      if (!seen.insert(other).second) continue;
      distances.try_emplace(other, back ? -distance - 1 : distance + 1);
      next.emplace_back(other, distance + 1);
    }
  }
}

}  // namespace

Lineage TraceLineage(std::span<const LineageEdge> edges, const LineageNode& node) {
  Neighbours into, out_of;
  for (const LineageEdge& edge : edges) {
    into.emplace(edge.to, &edge);
    out_of.emplace(edge.from, &edge);
  }
  std::map<LineageNode, int> distances{{node, 0}};
  std::set<LineageEdge> met;
  Walk(into, node, true, distances, met);
  Walk(out_of, node, false, distances, met);
  Lineage lineage;
  lineage.steps.reserve(distances.size());
  for (const auto& [other, distance] : distances) lineage.steps.push_back({other, distance});
  std::ranges::stable_sort(lineage.steps, {}, &LineageStep::distance);
  lineage.edges.assign(met.begin(), met.end());
  return lineage;
}

}  // namespace sinter
