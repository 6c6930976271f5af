// How many runs of a model go side by side, down to none and up again, and how many of the engine's threads
// each may use: a pure function of what is seen.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/json.h"

namespace sinter {

struct Scaling {
  int most_workers = 0;  // beyond the workers that batching asks for; 0: never more than those
  double idle_s = 0;     // without a request for so long, the model is let go; 0: never
  // Of the engine's threads that a run may use, with the worker's own. 0 for the most: all that there are; 0
  // for the least: the most, so that they do not change.
  int least_threads = 0, most_threads = 0;
  bool operator==(const Scaling&) const = default;
};
inline constexpr int kMostThreads = 1024;  // of a pool
// The bounds on a machine whose pool has `pool` threads: 1 <= least <= most <= pool.
struct ThreadBounds {
  int least = 1, most = 1;
  bool operator==(const ThreadBounds&) const = default;
};
ThreadBounds ThreadsWithin(const Scaling& scaling, int pool);
Json ScalingJson(const Scaling& scaling);
Result<Scaling> ReadScaling(const Json& json, const std::string& where);

struct ScalingSnapshot {
  int workers = 1, least = 1, most = 1;
  int threads = 1;  // that a run may use
  ThreadBounds thread_bounds;
  int64_t queued = 0, running = 0;  // requests
  int busy_looks = 0;               // in a row at which more waited than workers could take next
  int quiet_looks = 0;              // in a row at which a worker had nothing to do
  double idle_seconds = 0, idle_limit = 0;
  bool rollout = false;  // under way: two models are loaded, and are compared
};

enum class ScalingAction { kNone, kAdd, kRemove, kWiden, kNarrow, kSleep };
std::string_view ScalingActionName(ScalingAction action);  // "none", "add", "remove", "widen", ...

// Up after two busy looks, at once; down after 100 quiet ones (ten seconds), for what comes in waves comes
// again. Threads come before workers and go after them: a run that is done sooner takes no memory, another
// worker does, and has the pool only while no other uses it. Nothing changes under a rollout, whose latencies
// are compared.
ScalingAction DecideScaling(const ScalingSnapshot& snapshot);
// After kWiden twice as many, after kNarrow half as many, within the bounds.
int ThreadsAfter(const ScalingSnapshot& snapshot, ScalingAction action);

}  // namespace sinter
