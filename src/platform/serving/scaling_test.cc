// How many workers, as a table of states.
#include "platform/serving/scaling.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

namespace sinter {
namespace {

TEST(Scaling, DecisionsByState) {
  const struct {
    const char* name;
    ScalingSnapshot snapshot;
    ScalingAction action;
  } states[] = {
      {"fixed", {.workers = 1, .queued = 50, .busy_looks = 9}, ScalingAction::kNone},
      {"busy once", {.workers = 1, .most = 4, .queued = 50, .busy_looks = 1}, ScalingAction::kNone},
      {"busy", {.workers = 1, .most = 4, .queued = 50, .busy_looks = 2}, ScalingAction::kAdd},
      {"as many as may be", {.workers = 4, .most = 4, .queued = 50, .busy_looks = 9}, ScalingAction::kNone},
      {"quiet for a moment",
       {.workers = 3, .most = 4, .running = 1, .quiet_looks = 99},
       ScalingAction::kNone},
      {"quiet", {.workers = 3, .most = 4, .running = 1, .quiet_looks = 100}, ScalingAction::kRemove},
      {"as few as may be", {.workers = 1, .most = 4, .quiet_looks = 500}, ScalingAction::kNone},
      {"the spec wants fewer", {.workers = 3, .most = 2}, ScalingAction::kRemove},
      {"the spec wants more", {.workers = 1, .least = 2, .most = 2}, ScalingAction::kAdd},
      {"idle, but never let go", {.idle_seconds = 1e6}, ScalingAction::kNone},
      {"idle", {.idle_seconds = 60, .idle_limit = 60}, ScalingAction::kSleep},
      {"not idle yet", {.idle_seconds = 59, .idle_limit = 60}, ScalingAction::kNone},
      {"a long run", {.running = 1, .idle_seconds = 61, .idle_limit = 60}, ScalingAction::kNone},
      {"under a rollout",
       {.most = 4, .busy_looks = 9, .idle_seconds = 61, .idle_limit = 60, .rollout = true},
       ScalingAction::kNone},
  };
  for (const auto& state : states) {
    SCOPED_TRACE(state.name);
    EXPECT_EQ(ScalingActionName(DecideScaling(state.snapshot)), ScalingActionName(state.action));
  }
}

TEST(Scaling, WrittenAndReadAgain) {
  const Scaling scaling{.most_workers = 4, .idle_s = 2.5};
  EXPECT_EQ(*ReadScaling(ScalingJson(scaling), "scaling"), scaling);
  EXPECT_EQ(ReadScaling(*ParseJson(R"({"most_workers":65})"), "s").error().message,
            "s: field 'most_workers' is 65; it must be in 0..64");
  EXPECT_EQ(ReadScaling(*ParseJson(R"({"idle_s":-1})"), "s").error().message,
            "s: field 'idle_s' is -1; it must be in 0..1e9");
}

}  // namespace
}  // namespace sinter
