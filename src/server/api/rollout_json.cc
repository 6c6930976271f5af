#include "server/api/rollout_json.h"

#include <nlohmann/json.hpp>

namespace sinter {
namespace {

Json StepJson(const RolloutInfo& rollout, const RolloutStep& step) {
  Json json = {{"at_ms", step.at_ms},
               {"by", step.by},
               {"state", RolloutStateName(step.state)},
               {"decision", RolloutActionName(step.decision.action)},
               {"reason", step.decision.reason},
               {"figures", FiguresJson(step.decision)}};
  const std::vector<double>& shares = rollout.gates.plan.shares;
  if (step.state == RolloutState::kCanary && step.step >= 0 &&
      step.step < static_cast<int64_t>(shares.size()))
    json["share"] = shares[static_cast<size_t>(step.step)];
  return json;
}

}  // namespace

Json RevisionJson(const RevisionRef& ref) {
  if (ref.revision.empty()) return nullptr;
  return {{"revision", ref.revision}, {"model", ref.model}};
}

Json FiguresJson(const RolloutDecision& decision) {
  Json figures = Json::object();
  for (const auto& [name, value] : decision.figures) figures[name] = value;
  return figures;
}

Json RolloutJson(const RolloutInfo& rollout) {
  Json history = Json::array(), examples = Json::array();
  for (const RolloutStep& step : rollout.history) history.push_back(StepJson(rollout, step));
  for (const Disagreement& example : rollout.examples) examples.push_back(DisagreementJson(example));
  const bool final = IsFinal(rollout.state);
  const std::string reason =
      final && !rollout.history.empty() ? rollout.history.back().decision.reason : rollout.now.reason;
  return {{"name", rollout.name},
          {"service", rollout.service},
          {"from", RevisionJson(rollout.from)},
          {"to", RevisionJson(rollout.to)},
          {"state", RolloutStateName(rollout.state)},
          {"over", final},
          {"paused_from", rollout.state == RolloutState::kPaused ? Json(RolloutStateName(rollout.paused_from))
                                                                 : Json(nullptr)},
          {"share", rollout.SharePercent()},
          {"seconds", rollout.seconds},
          {"reason", reason},
          {"figures", FiguresJson(rollout.now)},
          {"shadow", ShadowJson(rollout.shadow)},
          {"examples", std::move(examples)},
          {"history", std::move(history)},
          {"gates", GatesJson(rollout.gates)},
          {"by", rollout.by},
          {"asked_ms", rollout.asked_ms}};
}

}  // namespace sinter
