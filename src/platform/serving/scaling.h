// How many runs of a model go side by side, down to none and up again: a pure function of what is seen.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/json.h"

namespace sinter {

struct Scaling {
  int most_workers = 0;  // beyond the workers that batching asks for; 0: never more than those
  double idle_s = 0;     // without a request for so long, the model is let go; 0: never
  bool operator==(const Scaling&) const = default;
};
Json ScalingJson(const Scaling& scaling);
Result<Scaling> ReadScaling(const Json& json, const std::string& where);

struct ScalingSnapshot {
  int workers = 1, least = 1, most = 1;
  int64_t queued = 0, running = 0;  // requests
  int busy_looks = 0;               // in a row at which more waited than workers could take next
  int quiet_looks = 0;              // in a row at which a worker had nothing to do
  double idle_seconds = 0, idle_limit = 0;
  bool rollout = false;  // under way: two models are loaded, and are compared
};

enum class ScalingAction { kNone, kAdd, kRemove, kSleep };
std::string_view ScalingActionName(ScalingAction action);  // "none", "add", "remove", "sleep"

// Up after two busy looks, at once; down after 100 quiet ones (ten seconds), for what comes in waves comes
// again. Nothing changes under a rollout, whose latencies are compared.
ScalingAction DecideScaling(const ScalingSnapshot& snapshot);

}  // namespace sinter
