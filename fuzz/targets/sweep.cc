// Sweeps: what is accepted expands to as many trials as it says, each a recipe that reads back as YAML with
// the values in their places. After a first line "record": a sweep as it is kept, which written and read
// again is equal.
#include <cmath>

#include "base/utf8.h"
#include "base/yaml_text.h"
#include "fuzz/targets.h"
#include "platform/runs/sweep.h"

namespace sinter {
namespace {

constexpr const char* kRecipe =
    "name: net\nepochs: 9\noptimizer: {kind: adam, learning_rate: 0.1}\nmodel: {layers: [flatten, {dense: "
    "{units: 4}}]}\n";

Status ReadKept(std::string_view text) {
  const auto [spec, status] = FirstLine(text);
  Record record;
  record.name = "name";
  record.spec = spec;
  record.status = status;
  TRY(const SweepInfo sweep, ReadSweep(record));
  record.spec = SweepSpecText(sweep);
  record.status = SweepStatusText(sweep);
  const auto again = ReadSweep(record);
  SINTER_CHECK(again.has_value() && SweepSpecText(*again) == record.spec &&
               SweepStatusText(*again) == record.status);
  // Whatever the jobs are, a decision is made.
  (void)DecideSweep({sweep, std::vector<std::optional<TrialJob>>(sweep.states.size())});
  return {};
}

Status Run(std::span<const std::byte> input) {
  const auto [kind, rest] = FirstLine(TextOf(input));
  if (kind == "record") return ReadKept(rest);
  TRY(SweepSpec sweep, ParseSweep(TextOf(input)));
  SINTER_CHECK(sweep.random ? sweep.trials >= 1 && sweep.trials <= kMostTrials : sweep.trials == 0);
  SINTER_CHECK(!sweep.parameters.empty() && sweep.parallel >= 1 && !sweep.name.empty());
  for (const SweepParameter& p : sweep.parameters)
    SINTER_CHECK(p.kind == SweepParameter::Kind::kChoice ? !p.choices.empty()
                                                         : std::isfinite(p.lo) && p.lo < p.hi);
  const auto rungs = SweepRungs(sweep, 100);
  for (size_t i = 1; i < rungs.size(); ++i) SINTER_CHECK(rungs[i - 1] < rungs[i]);
  SINTER_CHECK(rungs.back() == 100);
  sweep.trials = std::min<int64_t>(sweep.trials, 20);  // the first ones are the same
  TRY(const auto trials, ExpandSweep(sweep, *ParseYaml(kRecipe)));
  for (const SweepTrial& trial : trials) {
    SINTER_CHECK(trial.values.size() == sweep.parameters.size());
    if (!IsUtf8(trial.recipe)) continue;
    const auto recipe = ParseYaml(trial.recipe);
    SINTER_CHECK(recipe.has_value() && YamlText(*recipe) == trial.recipe);
  }
  return {};
}

}  // namespace

FuzzTarget SweepTarget() { return {&Run, {ErrorCode::kInvalidArgument}}; }

}  // namespace sinter
