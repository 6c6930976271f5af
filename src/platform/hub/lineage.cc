#include "platform/hub/lineage.h"

#include <algorithm>
#include <deque>

namespace sinter {

void LineageGraph::Set(std::string_view record, std::vector<LineageEdge> edges) {
  const auto at = said_.find(record);
  if (at != said_.end()) {
    // Most changes of a record (the state of a run) change nothing here.
    if (at->second == edges) return;
    Forget(at->second);
    said_.erase(at);
  }
  if (edges.empty()) return;
  const std::vector<LineageEdge>& kept = said_.emplace(record, std::move(edges)).first->second;
  for (const LineageEdge& edge : kept) {
    links_[edge.from].out_of.push_back(&edge);
    links_[edge.to].into.push_back(&edge);
  }
}

void LineageGraph::Forget(const std::vector<LineageEdge>& edges) {
  for (const LineageEdge& edge : edges) {
    std::erase(links_[edge.from].out_of, &edge);
    std::erase(links_[edge.to].into, &edge);
    for (const LineageNode* node : {&edge.from, &edge.to}) {
      const auto at = links_.find(*node);
      if (at != links_.end() && at->second.into.empty() && at->second.out_of.empty()) links_.erase(at);
    }
  }
}

std::vector<LineageNode> LineageGraph::Out(const LineageNode& node) const {
  std::vector<LineageNode> nodes;
  if (const auto at = links_.find(node); at != links_.end())
    for (const LineageEdge* edge : at->second.out_of) nodes.push_back(edge->to);
  return nodes;
}

// Breadth first, so that a distance is the shortest.
void LineageGraph::Walk(const LineageNode& start, bool back, std::map<LineageNode, int>& distances,
                        std::set<LineageEdge>& met) const {
  std::deque<std::pair<LineageNode, int>> next{{start, 0}};
  std::set<LineageNode> seen{start};
  while (!next.empty()) {
    const auto [node, distance] = next.front();
    next.pop_front();
    const auto at = links_.find(node);
    if (at == links_.end()) continue;
    for (const LineageEdge* edge : back ? at->second.into : at->second.out_of) {
      met.insert(*edge);
      const LineageNode& other = back ? edge->from : edge->to;
      if (!seen.insert(other).second) continue;
      distances.try_emplace(other, back ? -distance - 1 : distance + 1);
      next.emplace_back(other, distance + 1);
    }
  }
}

Lineage LineageGraph::Trace(const LineageNode& node) const {
  std::map<LineageNode, int> distances{{node, 0}};
  std::set<LineageEdge> met;
  Walk(node, true, distances, met);
  Walk(node, false, distances, met);
  Lineage lineage;
  lineage.steps.reserve(distances.size());
  for (const auto& [other, distance] : distances) lineage.steps.push_back({other, distance});
  std::ranges::stable_sort(lineage.steps, {}, &LineageStep::distance);
  lineage.edges.assign(met.begin(), met.end());
  return lineage;
}

}  // namespace sinter
