// The best run by a rule that can be written down: which figure, which way, within which bounds, among which.
#pragma once

#include <map>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "platform/runs/run.h"

namespace sinter {

// A figure is the last value of a run's metric ("test.accuracy"), or one of
//   run/seconds       how long its attempts took, together
//   run/core_seconds  the core time that they took, as far as they told
//   model/bytes       all files of the model that it made
struct RunBound {
  std::string figure;
  bool at_most = true;  // else at least
  double value = 0;
  bool operator==(const RunBound&) const = default;
};

// "model/bytes<=1000000", "test.f1>=0.8"; the bound itself is allowed.
Result<RunBound> ParseRunBound(std::string_view text);

struct BestRule {
  std::string figure;
  bool maximise = true;
  std::vector<RunBound> bounds;  // a run that breaks one, or has no such figure, is not chosen
  // What a run must be, field and value: dataset ("fashion" or "fashion@1"), recipe (its name), sweep, model
  // ("fashion" or "fashion@3"), created_by, or the path of a scalar in the recipe ("optimizer.kind").
  std::vector<std::pair<std::string, std::string>> where;
};

// Whether the rule can be asked: names and values that are not empty, numbers that are finite, at most 20 of
// each.
Status CheckBestRule(const BestRule& rule);
// "max test.accuracy where dataset=fashion with model/bytes<=1000000"
std::string BestRuleText(const BestRule& rule);

struct RunFigures {
  RunInfo run;
  std::map<std::string, double, std::less<>> figures;
};

struct RankedRun {
  size_t index = 0;  // among those given
  double value = 0;
};
struct RefusedRun {
  size_t index = 0;
  std::string why;
};
struct RankedRuns {
  std::vector<RankedRun> ranked;    // the best first
  std::vector<RefusedRun> refused;  // in the order given: those that `where` names but that cannot be chosen
};

// Chosen are runs that succeeded. Of equal values the run that was created first is the better one, and of
// those of one millisecond the one whose id comes first: a later run must be better to be chosen. A figure
// that is not finite never wins.
RankedRuns RankRuns(const BestRule& rule, std::span<const RunFigures> runs);

}  // namespace sinter
