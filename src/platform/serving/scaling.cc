#include "platform/serving/scaling.h"

#include <algorithm>
#include <array>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

namespace sinter {

ThreadBounds ThreadsWithin(const Scaling& scaling, int pool) {
  const int most = scaling.most_threads == 0 ? pool : std::min(scaling.most_threads, pool);
  return {scaling.least_threads == 0 ? most : std::min(scaling.least_threads, most), most};
}

Json ScalingJson(const Scaling& scaling) {
  return {{"most_workers", scaling.most_workers},
          {"idle_s", scaling.idle_s},
          {"least_threads", scaling.least_threads},
          {"most_threads", scaling.most_threads}};
}

Result<Scaling> ReadScaling(const Json& json, const std::string& where) {
  JsonReader reader(json, where);
  Scaling scaling;
  const int64_t most = reader.Int("most_workers", 0);
  if (most < 0 || most > 64) reader.Fail("most_workers", fmt::format("is {}; it must be in 0..64", most));
  scaling.idle_s = reader.Number("idle_s", 0);
  if (!(scaling.idle_s >= 0 && scaling.idle_s <= 1e9))
    reader.Fail("idle_s", fmt::format("is {}; it must be in 0..1e9", scaling.idle_s));
  const auto threads = [&reader](std::string_view field) {
    const int64_t count = reader.Int(field, 0);
    if (count < 0 || count > kMostThreads)
      reader.Fail(field, fmt::format("is {}; it must be in 0..{}", count, kMostThreads));
    return static_cast<int>(std::clamp<int64_t>(count, 0, kMostThreads));
  };
  scaling.least_threads = threads("least_threads");
  scaling.most_threads = threads("most_threads");
  if (scaling.most_threads > 0 && scaling.least_threads > scaling.most_threads)
    reader.Fail("least_threads", fmt::format("is {}, more than most_threads, {}", scaling.least_threads,
                                             scaling.most_threads));
  TRY_STATUS(reader.Finish());
  scaling.most_workers = static_cast<int>(most);
  return scaling;
}

std::string_view ScalingActionName(ScalingAction action) {
  constexpr std::array<std::string_view, 6> kNames = {"none", "add", "remove", "widen", "narrow", "sleep"};
  return kNames[static_cast<size_t>(action)];
}

ScalingAction DecideScaling(const ScalingSnapshot& s) {
  if (s.rollout) return ScalingAction::kNone;
  const bool nothing = s.queued == 0 && s.running == 0;
  if (nothing && s.idle_limit > 0 && s.idle_seconds >= s.idle_limit) return ScalingAction::kSleep;
  // What the spec wants first.
  const ThreadBounds& threads = s.thread_bounds;
  if (s.workers < s.least) return ScalingAction::kAdd;
  if (s.workers > s.most) return ScalingAction::kRemove;
  if (s.threads < threads.least) return ScalingAction::kWiden;
  if (s.threads > threads.most) return ScalingAction::kNarrow;
  if (s.busy_looks >= 2) {
    if (s.threads < threads.most) return ScalingAction::kWiden;
    if (s.workers < s.most) return ScalingAction::kAdd;
  }
  if (s.quiet_looks >= 100) {
    if (s.workers > s.least) return ScalingAction::kRemove;
    if (s.threads > threads.least) return ScalingAction::kNarrow;
  }
  return ScalingAction::kNone;
}

int ThreadsAfter(const ScalingSnapshot& s, ScalingAction action) {
  int threads = s.threads;
  if (action == ScalingAction::kWiden) threads *= 2;
  if (action == ScalingAction::kNarrow) threads /= 2;
  return std::clamp(threads, s.thread_bounds.least, s.thread_bounds.most);
}

}  // namespace sinter
