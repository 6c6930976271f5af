#include "platform/runs/sweep.h"

#include <algorithm>
#include <array>
#include <utility>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "base/json.h"

namespace sinter {
namespace {

constexpr std::array<std::pair<TrialPhase, std::string_view>, 7> kPhases{
    {{TrialPhase::kWaiting, "waiting"},
     {TrialPhase::kRunning, "running"},
     {TrialPhase::kReached, "reached"},
     {TrialPhase::kStopped, "stopped"},
     {TrialPhase::kDone, "done"},
     {TrialPhase::kFailed, "failed"},
     {TrialPhase::kCancelled, "cancelled"}}};
constexpr std::array<std::pair<SweepWish, std::string_view>, 3> kWishes{
    {{SweepWish::kRun, "run"}, {SweepWish::kPause, "pause"}, {SweepWish::kCancel, "cancel"}}};

template <class E, size_t N>
std::string_view NameOf(const std::array<std::pair<E, std::string_view>, N>& names, E value) {
  for (const auto& [v, name] : names)
    if (v == value) return name;
  return "";
}

template <class E, size_t N>
E ReadWord(JsonReader& reader, std::string_view field,
           const std::array<std::pair<E, std::string_view>, N>& names) {
  const std::string text = reader.String(field);
  for (const auto& [value, name] : names)
    if (name == text) return value;
  reader.Fail(field, fmt::format("is '{}', which is none of its words", text.substr(0, 40)));
  return names[0].first;
}

int64_t EpochsOf(const YamlNode& recipe) {
  const YamlNode* node = recipe.Find("epochs");
  const auto epochs = node == nullptr ? Result<int64_t>(1) : YamlInt(*node);
  return std::clamp<int64_t>(epochs.value_or(1), 1, 100'000);
}

}  // namespace

std::string_view TrialPhaseName(TrialPhase phase) { return NameOf(kPhases, phase); }
std::string_view SweepWishName(SweepWish wish) { return NameOf(kWishes, wish); }

std::string_view SweepInfo::State() const {
  if (!over) return wish == SweepWish::kPause ? "paused" : "running";
  if (wish == SweepWish::kCancel) return "cancelled";
  for (const TrialState& state : states)
    if (state.phase == TrialPhase::kDone) return "succeeded";
  return "failed";
}

std::string SweepInfo::RunOf(size_t trial) const { return fmt::format("{}-{:03}", name, trial + 1); }

Status ExpandSweepInfo(SweepInfo& sweep) {
  TRY(sweep.spec, ParseSweep(sweep.text));
  TRY(const YamlNode recipe, ParseYaml(sweep.recipe));
  TRY(sweep.trials, ExpandSweep(sweep.spec, recipe));
  sweep.rungs = SweepRungs(sweep.spec, EpochsOf(recipe));
  return {};
}

std::string SweepSpecText(const SweepInfo& sweep) {
  return Json{{"sweep", sweep.text},  {"recipe", sweep.recipe}, {"dataset", sweep.dataset},
              {"owner", sweep.owner}, {"home", sweep.home},     {"code", CodeVersionJson(sweep.code)}}
      .dump();
}

std::string SweepStatusText(const SweepInfo& sweep) {
  Json trials = Json::array();
  for (const TrialState& state : sweep.states)
    trials.push_back({{"phase", TrialPhaseName(state.phase)},
                      {"rung", state.rung},
                      {"job", state.job},
                      {"values", state.values},
                      {"why", state.why}});
  return Json{{"wish", SweepWishName(sweep.wish)},
              {"over", sweep.over},
              {"message", sweep.message},
              {"trials", std::move(trials)}}
      .dump();
}

Result<SweepInfo> ReadSweep(const Record& record) {
  SweepInfo sweep;
  sweep.name = record.name;
  sweep.created_ms = record.created_ms;
  sweep.updated_ms = record.updated_ms;
  TRY(const Json spec, ParseJson(record.spec));
  JsonReader wanted(spec, fmt::format("spec of sweep {}", record.name));
  sweep.text = wanted.String("sweep");
  sweep.recipe = wanted.String("recipe");
  sweep.dataset = wanted.String("dataset");
  sweep.owner = wanted.String("owner");
  sweep.home = wanted.String("home");
  TRY(sweep.code, ReadCodeVersion(wanted.OptionalObject("code"), wanted.where() + ": code"));
  TRY_STATUS(wanted.Finish());
  TRY_STATUS(ExpandSweepInfo(sweep));
  TRY(const Json status, ParseJson(record.status));
  JsonReader is(status, fmt::format("status of sweep {}", record.name));
  sweep.wish = ReadWord(is, "wish", kWishes);
  sweep.over = is.Bool("over", false);
  sweep.message = is.String("message");
  for (const Json& item : is.Array("trials")) {
    JsonReader t(item, is.where() + ": trials");
    TrialState state{ReadWord(t, "phase", kPhases), t.Int("rung"), t.String("job"), t.Numbers("values"),
                     t.String("why")};
    const auto rungs = static_cast<int64_t>(sweep.rungs.size());
    if (state.rung < 0 || state.rung >= rungs || state.values.size() > sweep.rungs.size())
      t.Fail("rung", "is none of the sweep's");
    TRY_STATUS(t.Finish());
    sweep.states.push_back(std::move(state));
  }
  if (sweep.states.size() != sweep.trials.size()) is.Fail("trials", "are not as many as the sweep has");
  TRY_STATUS(is.Finish());
  return sweep;
}

}  // namespace sinter
