#include "server/api/record_reach.h"

#include <algorithm>
#include <deque>
#include <set>

#include <nlohmann/json.hpp>

#include "base/json.h"

namespace sinter {
namespace {

std::string TextIn(const Json& json, std::string_view field) {
  if (!json.is_object()) return "";
  const auto at = json.find(field);
  return at != json.end() && at->is_string() ? at->get<std::string>() : "";
}

// A version and those that it came from, each with the columns that were changed from it down to the version.
std::vector<std::pair<std::string, std::set<std::string>>> Ancestors(const Derivations& derivations,
                                                                     std::string_view ref) {
  std::vector<std::pair<std::string, std::set<std::string>>> chain{{std::string(ref), {}}};
  while (true) {
    const auto at = derivations.find(chain.back().first);
    if (at == derivations.end() || at->second.from.empty()) return chain;
    // Records that were written by hand may run in circles.
    if (std::ranges::find(chain, at->second.from, [](const auto& c) { return c.first; }) != chain.end())
      return chain;
    std::set<std::string> changed = chain.back().second;
    changed.insert(at->second.changed.begin(), at->second.changed.end());
    chain.emplace_back(at->second.from, std::move(changed));
  }
}

}  // namespace

Derivation DerivationOf(const RepositoryVersion& version) {
  const Json details = Json::parse(version.details, nullptr, false);
  Derivation derivation;
  if (!details.is_object()) return derivation;
  derivation.from = TextIn(details, "from");
  if (derivation.from.empty() && details.contains("from"))
    derivation.from = TextIn(details["from"], "ref");  // of a version that was cleaned
  if (derivation.from.empty()) return derivation;
  const auto change = [&](std::string column) {
    if (!column.empty()) derivation.changed.push_back(std::move(column));
  };
  if (!TextIn(details, "labelling").empty()) change(TextIn(details, "column"));
  if (const auto steps = details.find("steps"); steps != details.end() && steps->is_array()) {
    for (const Json& step : *steps) change(TextIn(step, "column"));
  }
  return derivation;
}

std::optional<std::vector<std::string>> ColumnsChangedBetween(const Derivations& derivations,
                                                              std::string_view a, std::string_view b) {
  const auto up = Ancestors(derivations, a), other = Ancestors(derivations, b);
  for (const auto& [ref, changed] : up) {
    const auto met = std::ranges::find(other, ref, [](const auto& c) { return c.first; });
    if (met == other.end()) continue;
    std::set<std::string> all = changed;
    all.insert(met->second.begin(), met->second.end());
    return std::vector<std::string>(all.begin(), all.end());
  }
  return std::nullopt;
}

std::vector<Reached> WhatCameOf(const LineageGraph& lineage, const std::map<std::string, bool>& versions) {
  std::vector<Reached> reached;
  std::set<LineageNode> seen;
  // What is certain first, so that a node which is reached both ways is certain.
  for (const bool certain : {true, false}) {
    std::deque<LineageNode> next;
    for (const auto& [ref, holds] : versions) {
      if (holds == certain) next.push_back({"dataset", ref});
    }
    while (!next.empty()) {
      const LineageNode node = next.front();
      next.pop_front();
      for (const LineageNode& other : lineage.Out(node)) {
        if (other.kind == "dataset" || !seen.insert(other).second) continue;
        reached.push_back({other, node, certain});
        next.push_back(other);
      }
    }
  }
  return reached;
}

}  // namespace sinter
