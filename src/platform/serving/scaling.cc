#include "platform/serving/scaling.h"

#include <array>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

namespace sinter {

Json ScalingJson(const Scaling& scaling) {
  return {{"most_workers", scaling.most_workers}, {"idle_s", scaling.idle_s}};
}

Result<Scaling> ReadScaling(const Json& json, const std::string& where) {
  JsonReader reader(json, where);
  Scaling scaling;
  const int64_t most = reader.Int("most_workers", 0);
  if (most < 0 || most > 64) reader.Fail("most_workers", fmt::format("is {}; it must be in 0..64", most));
  scaling.idle_s = reader.Number("idle_s", 0);
  if (!(scaling.idle_s >= 0 && scaling.idle_s <= 1e9))
    reader.Fail("idle_s", fmt::format("is {}; it must be in 0..1e9", scaling.idle_s));
  TRY_STATUS(reader.Finish());
  scaling.most_workers = static_cast<int>(most);
  return scaling;
}

std::string_view ScalingActionName(ScalingAction action) {
  constexpr std::array<std::string_view, 4> kNames = {"none", "add", "remove", "sleep"};
  return kNames[static_cast<size_t>(action)];
}

ScalingAction DecideScaling(const ScalingSnapshot& s) {
  if (s.rollout) return ScalingAction::kNone;
  const bool nothing = s.queued == 0 && s.running == 0;
  if (nothing && s.idle_limit > 0 && s.idle_seconds >= s.idle_limit) return ScalingAction::kSleep;
  if (s.workers < s.least || (s.busy_looks >= 2 && s.workers < s.most)) return ScalingAction::kAdd;
  if (s.workers > s.most || (s.quiet_looks >= 100 && s.workers > s.least)) return ScalingAction::kRemove;
  return ScalingAction::kNone;
}

}  // namespace sinter
