// How far records get: from the versions that hold them to what was made of those. Pure functions.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "platform/hub/lineage.h"
#include "platform/hub/repositories.h"

namespace sinter {

// What a version of a data set was made from, and the columns whose cells were changed on the way: by
// recorded steps (fill, cast, relabel, mask) or by a labelling.
struct Derivation {
  std::string from;  // "d@1"; empty: it came from files
  std::vector<std::string> changed;
  bool operator==(const Derivation&) const = default;
};
Derivation DerivationOf(const RepositoryVersion& version);

using Derivations = std::map<std::string, Derivation, std::less<>>;  // by the version's ref
// The columns whose cells were changed between two versions, up from both to the first that both come from,
// sorted. None: they come from no common version.
std::optional<std::vector<std::string>> ColumnsChangedBetween(const Derivations& derivations,
                                                              std::string_view a, std::string_view b);

struct Reached {
  LineageNode node;
  LineageNode through;  // what it came of: a version that holds the records, or something reached
  bool certain = true;
  bool operator==(const Reached&) const = default;
};
// Runs, models and services that came of these versions of data sets ("d@1", and whether it certainly holds
// the records), nearest first. Other versions of data sets are not entered: which of them hold the records is
// known by what they say.
std::vector<Reached> WhatCameOf(const LineageGraph& lineage, const std::map<std::string, bool>& versions);

}  // namespace sinter
