#include "platform/serving/rollout_record.h"

#include <algorithm>
#include <array>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

namespace sinter {
namespace {

constexpr size_t kKeptSteps = 200;
constexpr size_t kKeptExamples = 16;

// The counts by the names that they have in JSON, for writing and reading alike.
constexpr std::array<std::pair<const char*, int64_t ShadowCounts::*>, 7> kCounts = {{
    {"compared", &ShadowCounts::compared},
    {"failed", &ShadowCounts::failed},
    {"not_finite", &ShadowCounts::not_finite},
    {"bad_shape", &ShadowCounts::bad_shape},
    {"bad_class", &ShadowCounts::bad_class},
    {"disagreed", &ShadowCounts::disagreed},
    {"dropped", &ShadowCounts::dropped},
}};
constexpr std::array<std::pair<const char*, int64_t PairedOutcomes::*>, 4> kOutcomes = {{
    {"both_right", &PairedOutcomes::both},
    {"only_live_right", &PairedOutcomes::first_only},
    {"only_candidate_right", &PairedOutcomes::second_only},
    {"neither_right", &PairedOutcomes::neither},
}};

ShadowCounts ReadShadowCounts(const Json& json, const std::string& where, Status& status) {
  JsonReader reader(json, where);
  ShadowCounts counts;
  for (const auto& [name, member] : kCounts) counts.*member = reader.Int(name);
  counts.largest_difference = reader.Number("largest_difference");
  JsonReader labelled(reader.Object("labelled"), where + ": labelled");
  for (const auto& [name, member] : kOutcomes) counts.labelled.*member = labelled.Int(name);
  for (JsonReader* part : {&reader, &labelled}) {
    if (auto done = part->Finish(); !done && status) status = std::move(done);
  }
  return counts;
}

Disagreement ReadDisagreement(const Json& json, const std::string& where, Status& status) {
  JsonReader reader(json, where);
  Disagreement example;
  example.id = reader.String("id");
  example.live_class = reader.Int("live_class");
  example.candidate_class = reader.Int("candidate_class");
  example.label = reader.Int("label");
  example.live = reader.Numbers("live");
  example.candidate = reader.Numbers("candidate");
  if (auto done = reader.Finish(); !done && status) status = std::move(done);
  return example;
}

RolloutState ReadState(JsonReader& reader, std::string_view field) {
  const auto state = RolloutStateNamed(reader.String(field));
  if (!state) reader.Fail(field, "is no state of a rollout");
  return state.value_or(RolloutState::kLoading);
}

}  // namespace

double RolloutInfo::SharePercent() const {
  const RolloutState stage = state == RolloutState::kPaused ? paused_from : state;
  if (stage == RolloutState::kBaking || stage == RolloutState::kDone) return 100;
  if (stage != RolloutState::kCanary) return 0;
  return step >= 0 && step < static_cast<int64_t>(gates.plan.shares.size())
             ? gates.plan.shares[static_cast<size_t>(step)]
             : 0;
}

std::string RolloutName(std::string_view service, std::string_view revision) {
  return fmt::format("{}/{}", service, revision);
}

Json ShadowJson(const ShadowCounts& counts) {
  Json json = {{"largest_difference", counts.largest_difference}, {"labelled", Json::object()}};
  for (const auto& [name, member] : kCounts) json[name] = counts.*member;
  for (const auto& [name, member] : kOutcomes) json["labelled"][name] = counts.labelled.*member;
  return json;
}

Json DisagreementJson(const Disagreement& example) {
  return {{"id", example.id},
          {"live_class", example.live_class},
          {"candidate_class", example.candidate_class},
          {"label", example.label},
          {"live", example.live},
          {"candidate", example.candidate}};
}

std::string RolloutSpecText(const RolloutInfo& rollout) {
  return Json{{"service", rollout.service}, {"from", RefJson(rollout.from)},
              {"to", RefJson(rollout.to)},  {"gates", GatesJson(rollout.gates)},
              {"by", rollout.by},           {"asked_ms", rollout.asked_ms}}
      .dump();
}

std::string RolloutStatusText(const RolloutInfo& rollout) {
  Json history = Json::array(), examples = Json::array();
  const size_t skip = rollout.history.size() > kKeptSteps ? rollout.history.size() - kKeptSteps : 0;
  for (size_t i = skip; i < rollout.history.size(); ++i) {
    const RolloutStep& step = rollout.history[i];
    history.push_back({{"at_ms", step.at_ms},
                       {"by", step.by},
                       {"state", RolloutStateName(step.state)},
                       {"step", step.step},
                       {"decision", DecisionJson(step.decision)}});
  }
  for (size_t i = 0; i < std::min(kKeptExamples, rollout.examples.size()); ++i)
    examples.push_back(DisagreementJson(rollout.examples[i]));
  return Json{{"state", RolloutStateName(rollout.state)},
              {"paused_from", RolloutStateName(rollout.paused_from)},
              {"step", rollout.step},
              {"shadow", ShadowJson(rollout.shadow)},
              {"examples", std::move(examples)},
              {"history", std::move(history)}}
      .dump();
}

Result<RolloutInfo> ReadRollout(const Record& record) {
  TRY(const Json spec_json, ParseJson(record.spec));
  TRY(const Json status_json, ParseJson(record.status));
  const std::string where = fmt::format("rollout {}", record.name);
  RolloutInfo rollout;
  rollout.name = record.name;
  Status inner;
  JsonReader spec(spec_json, where);
  rollout.service = spec.String("service");
  rollout.from = ReadRef(spec.Object("from"), where + ": from", inner);
  rollout.to = ReadRef(spec.Object("to"), where + ": to", inner);
  rollout.by = spec.String("by");
  rollout.asked_ms = spec.Int("asked_ms");
  TRY(rollout.gates, ReadGates(spec.Object("gates"), where + ": gates"));
  TRY_STATUS(spec.Finish());

  JsonReader status(status_json, where);
  rollout.state = ReadState(status, "state");
  rollout.paused_from = ReadState(status, "paused_from");
  rollout.step = status.Int("step");
  rollout.shadow = ReadShadowCounts(status.Object("shadow"), where + ": shadow", inner);
  for (const Json& item : status.Array("examples"))
    rollout.examples.push_back(ReadDisagreement(item, where + ": examples", inner));
  for (const Json& item : status.Array("history")) {
    JsonReader reader(item, fmt::format("{}: history[{}]", where, rollout.history.size()));
    RolloutStep step;
    step.at_ms = reader.Int("at_ms");
    step.by = reader.String("by");
    step.state = ReadState(reader, "state");
    step.step = reader.Int("step");
    step.decision = ReadDecision(reader.Object("decision"), reader.where(), inner);
    TRY_STATUS(reader.Finish());
    rollout.history.push_back(std::move(step));
  }
  TRY_STATUS(status.Finish());
  TRY_STATUS(inner);
  return rollout;
}

}  // namespace sinter
