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
      // Threads.
      {"busy, with threads to have",
       {.most = 4, .thread_bounds = {1, 8}, .queued = 50, .busy_looks = 2},
       ScalingAction::kWiden},
      {"busy, with all threads",
       {.most = 4, .threads = 8, .thread_bounds = {1, 8}, .queued = 50, .busy_looks = 2},
       ScalingAction::kAdd},
      {"busy, with all there is",
       {.threads = 8, .thread_bounds = {1, 8}, .queued = 50, .busy_looks = 9},
       ScalingAction::kNone},
      {"quiet: workers first",
       {.workers = 2, .most = 4, .threads = 8, .thread_bounds = {1, 8}, .quiet_looks = 100},
       ScalingAction::kRemove},
      {"quiet, then threads",
       {.most = 4, .threads = 8, .thread_bounds = {1, 8}, .quiet_looks = 100},
       ScalingAction::kNarrow},
      {"quiet, with the least",
       {.threads = 2, .thread_bounds = {2, 8}, .quiet_looks = 500},
       ScalingAction::kNone},
      {"threads that are fixed",
       {.threads = 8, .thread_bounds = {8, 8}, .quiet_looks = 500},
       ScalingAction::kNone},
      {"the spec wants fewer threads", {.threads = 8, .thread_bounds = {1, 4}}, ScalingAction::kNarrow},
      {"the spec wants more threads", {.threads = 1, .thread_bounds = {4, 8}}, ScalingAction::kWiden},
      {"threads under a rollout",
       {.thread_bounds = {1, 8}, .queued = 50, .busy_looks = 9, .rollout = true},
       ScalingAction::kNone},
      {"under a rollout",
       {.most = 4, .busy_looks = 9, .idle_seconds = 61, .idle_limit = 60, .rollout = true},
       ScalingAction::kNone},
  };
  for (const auto& state : states) {
    SCOPED_TRACE(state.name);
    EXPECT_EQ(ScalingActionName(DecideScaling(state.snapshot)), ScalingActionName(state.action));
  }
}

TEST(Scaling, ThreadsByTwos) {
  const auto after = [](int threads, ThreadBounds bounds, ScalingAction action) {
    return ThreadsAfter({.threads = threads, .thread_bounds = bounds}, action);
  };
  EXPECT_EQ(after(1, {1, 8}, ScalingAction::kWiden), 2);
  EXPECT_EQ(after(4, {1, 6}, ScalingAction::kWiden), 6);
  EXPECT_EQ(after(6, {1, 6}, ScalingAction::kNarrow), 3);
  EXPECT_EQ(after(3, {2, 6}, ScalingAction::kNarrow), 2);
  EXPECT_EQ(after(1, {4, 8}, ScalingAction::kWiden), 4) << "what the spec wants, at once";
  EXPECT_EQ(after(64, {1, 4}, ScalingAction::kNarrow), 4);
  EXPECT_EQ(after(3, {1, 8}, ScalingAction::kAdd), 3);
}

TEST(Scaling, ThreadsAreBoundedByTheMachine) {
  EXPECT_EQ(ThreadsWithin({}, 8), (ThreadBounds{8, 8})) << "as they are, all of them";
  EXPECT_EQ(ThreadsWithin({.least_threads = 1}, 8), (ThreadBounds{1, 8}));
  EXPECT_EQ(ThreadsWithin({.most_threads = 4}, 8), (ThreadBounds{4, 4}));
  EXPECT_EQ(ThreadsWithin({.least_threads = 2, .most_threads = 16}, 8), (ThreadBounds{2, 8}));
  EXPECT_EQ(ThreadsWithin({.least_threads = 4, .most_threads = 16}, 1), (ThreadBounds{1, 1}));
}

TEST(Scaling, WrittenAndReadAgain) {
  const Scaling scaling{.most_workers = 4, .idle_s = 2.5, .least_threads = 1, .most_threads = 8};
  EXPECT_EQ(*ReadScaling(ScalingJson(scaling), "scaling"), scaling);
  EXPECT_EQ(ReadScaling(*ParseJson(R"({"most_workers":65})"), "s").error().message,
            "s: field 'most_workers' is 65; it must be in 0..64");
  EXPECT_EQ(ReadScaling(*ParseJson(R"({"idle_s":-1})"), "s").error().message,
            "s: field 'idle_s' is -1; it must be in 0..1e9");
  EXPECT_EQ(ReadScaling(*ParseJson(R"({"most_threads":1025})"), "s").error().message,
            "s: field 'most_threads' is 1025; it must be in 0..1024");
  EXPECT_EQ(ReadScaling(*ParseJson(R"({"least_threads":3,"most_threads":2})"), "s").error().message,
            "s: field 'least_threads' is 3, more than most_threads, 2");
}

}  // namespace
}  // namespace sinter
