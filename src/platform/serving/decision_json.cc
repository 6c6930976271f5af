#include "platform/serving/decision_json.h"

#include <nlohmann/json.hpp>

namespace sinter {

Json RefJson(const RevisionRef& ref) { return {{"revision", ref.revision}, {"model", ref.model}}; }

RevisionRef ReadRef(const Json& json, const std::string& where, Status& status) {
  JsonReader reader(json, where);
  RevisionRef ref{reader.String("revision"), reader.String("model")};
  if (auto done = reader.Finish(); !done && status) status = std::move(done);
  return ref;
}

Json DecisionJson(const RolloutDecision& decision) {
  Json figures = Json::array();
  for (const auto& [name, value] : decision.figures) figures.push_back({name, value});
  return {{"action", RolloutActionName(decision.action)},
          {"reason", decision.reason},
          {"figures", std::move(figures)}};
}

RolloutDecision ReadDecision(const Json& json, const std::string& where, Status& status) {
  JsonReader reader(json, where);
  RolloutDecision decision;
  decision.action = RolloutActionNamed(reader.String("action")).value_or(RolloutAction::kWait);
  decision.reason = reader.String("reason");
  for (const Json& figure : reader.Array("figures")) {
    if (figure.is_array() && figure.size() == 2 && figure[0].is_string() && figure[1].is_number())
      decision.figures.emplace_back(figure[0].get<std::string>(), figure[1].get<double>());
    else
      reader.Fail("figures", "must hold pairs of a name and a number");
  }
  if (auto done = reader.Finish(); !done && status) status = std::move(done);
  return decision;
}

}  // namespace sinter
