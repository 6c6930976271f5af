#include "platform/jobs/schedule.h"

#include <gtest/gtest.h>

#include <deque>

#include <fmt/format.h>

namespace sinter {
namespace {

// A machine of 8 cores and 64 GiB at the time of 1,000 s, and jobs as the cases need them.
class Table {
 public:
  Table() {
    in_.now_ms = 1'000'000;
    in_.capacity = {8, int64_t{64} << 30};
  }
  ScheduleSnapshot& in() { return in_; }
  JobInfo& Waiting(const std::string& id, const std::string& owner, int64_t cpus, int64_t submitted_s) {
    JobInfo& job = jobs_.emplace_back();
    job.id = id;
    job.spec.owner = owner;
    job.spec.cpus = cpus;
    job.submitted_ms = submitted_s * 1000;
    in_.jobs.push_back({&job, Dependencies::kMet, ""});
    return job;
  }
  JobInfo& Running(const std::string& id, const std::string& owner, int64_t cpus, int64_t started_s) {
    JobInfo& job = Waiting(id, owner, cpus, started_s);
    job.state = JobState::kRunning;
    job.attempts = {{.number = 1, .started_ms = started_s * 1000}};
    return job;
  }
  // "start a; stop b preempt; ...": all but those that wait, in their order; `waits` has the reasons of
  // those.
  std::string Decide() {
    const JobSchedule schedule = DecideSchedule(in_);
    std::string text;
    waits.clear();
    wake_ms = schedule.wake_ms;
    for (const JobAction& action : schedule.actions) {
      if (action.kind == JobActionKind::kWait) {
        waits[action.id] = action.reason;
        continue;
      }
      text += fmt::format("{}{} {}", text.empty() ? "" : "; ", JobActionName(action.kind), action.id);
      if (action.cause != StopCause::kNone) text += fmt::format(" {}", StopCauseName(action.cause));
    }
    return text;
  }
  std::map<std::string, std::string> waits;
  int64_t wake_ms = 0;

 private:
  ScheduleSnapshot in_;
  std::deque<JobInfo> jobs_;
};

TEST(Schedule, FirstComeFirstServedUntilTheMachineIsFull) {
  Table t;
  t.Waiting("c", "ann", 4, 3);
  t.Waiting("a", "ann", 4, 1);
  t.Waiting("b", "ann", 4, 2);
  EXPECT_EQ(t.Decide(), "start a; start b");
  EXPECT_EQ(t.waits["c"], "waits for room");
}

TEST(Schedule, HigherPriorityGoesFirst) {
  Table t;
  t.Waiting("early", "ann", 8, 1);
  t.Waiting("urgent", "bob", 8, 2).spec.priority = 1;
  EXPECT_EQ(t.Decide(), "start urgent");
}

TEST(Schedule, OwnersShareAlike) {
  Table t;
  for (int i = 0; i < 6; ++i) t.Waiting(fmt::format("ann{}", i), "ann", 2, i);
  for (int i = 0; i < 6; ++i) t.Waiting(fmt::format("bob{}", i), "bob", 2, 100 + i);
  EXPECT_EQ(t.Decide(), "start ann0; start bob0; start ann1; start bob1");
}

TEST(Schedule, AWeightOfThreeGetsThreeTimesAsMuch) {
  Table t;
  t.in().quotas["ann"].weight = 3;
  for (int i = 0; i < 8; ++i) t.Waiting(fmt::format("ann{}", i), "ann", 1, i);
  for (int i = 0; i < 8; ++i) t.Waiting(fmt::format("bob{}", i), "bob", 1, i);
  EXPECT_EQ(t.Decide(),
            "start ann0; start bob0; start ann1; start ann2; start bob1; start ann3; start ann4; start ann5");
}

TEST(Schedule, WhoHadMuchLatelyGoesLast) {
  Table t;
  t.in().used["ann"] = 50'000;
  t.Waiting("ann", "ann", 8, 1);
  t.Waiting("bob", "bob", 8, 2);
  EXPECT_EQ(t.Decide(), "start bob");
}

TEST(Schedule, QuotasBind) {
  Table t;
  t.in().quotas["ann"].cpus = 3;
  t.in().quotas["bob"].jobs = 1;
  t.Running("r", "bob", 1, 1);
  t.Waiting("big", "ann", 4, 1);
  t.Waiting("small", "ann", 3, 2);
  t.Waiting("second", "bob", 1, 3);
  EXPECT_EQ(t.Decide(), "start small");
  EXPECT_EQ(t.waits["big"], "ann has as much as the quota allows");
  EXPECT_EQ(t.waits["second"], "bob has as much as the quota allows");
}

TEST(Schedule, MemoryCounts) {
  Table t;
  t.Waiting("a", "ann", 1, 1).spec.memory_bytes = int64_t{40} << 30;
  t.Waiting("b", "ann", 1, 2).spec.memory_bytes = int64_t{40} << 30;
  EXPECT_EQ(t.Decide(), "start a");
}

TEST(Schedule, RanksStartTogetherOrNotAtAll) {
  Table t;
  t.Running("r", "bob", 5, 1);
  JobInfo& gang = t.Waiting("gang", "ann", 1, 1);
  gang.spec.launcher = JobLauncher::kMpirun;
  gang.spec.ranks = 4;
  EXPECT_EQ(t.Decide(), "");
  EXPECT_EQ(t.waits["gang"], "waits for room");
}

TEST(Schedule, WhatTheMachineNeverHasIsSaid) {
  Table t;
  t.Waiting("huge", "ann", 9, 1);
  t.Waiting("next", "ann", 8, 2);
  EXPECT_EQ(t.Decide(), "start next");
  EXPECT_EQ(t.waits["huge"], "needs 9 cores and 1024 MiB; the machine has 8 and 65536");
}

// r ends at 1,100 s. big needs it; what passes must end by then, or leave big its cores.
TEST(Schedule, OthersPassAJobThatWaitsOnlyWhereTheyDoNotPutItOff) {
  Table t;
  t.Running("r", "bob", 4, 500).spec.time_limit_s = 600;
  t.Waiting("big", "ann", 6, 1);
  t.Waiting("too_long", "ann", 3, 2).spec.time_limit_s = 200;
  t.Waiting("endless", "ann", 3, 3);
  t.Waiting("in_time", "ann", 2, 4).spec.time_limit_s = 90;
  t.Waiting("beside", "ann", 2, 5);
  EXPECT_EQ(t.Decide(), "start in_time; start beside");
  EXPECT_EQ(t.waits["big"], "waits for room");
  EXPECT_EQ(t.waits["too_long"], "would put off job big");
  EXPECT_EQ(t.waits["endless"], "would put off job big");
  EXPECT_EQ(t.wake_ms, 1'100'000);
}

TEST(Schedule, ALargeJobIsNotStarvedByEndlessSmallOnes) {
  Table t;
  for (int i = 0; i < 6; ++i) t.Running(fmt::format("r{}", i), "bob", 1, i);
  t.Waiting("big", "ann", 8, 1);
  t.Waiting("small", "bob", 1, 2).spec.time_limit_s = 1;
  EXPECT_EQ(t.Decide(), "");
  EXPECT_EQ(t.waits["small"], "would put off job big");
}

TEST(Schedule, RoomIsMadeForHigherPriorityByTheLowestAndYoungest) {
  Table t;
  for (const auto& [id, priority, started] :
       {std::tuple("old", 0, 10), {"young", 0, 20}, {"low", -5, 5}, {"firm", -9, 30}}) {
    JobInfo& job = t.Running(id, "bob", 2, started);
    job.spec.priority = priority;
    job.spec.preemptible = std::string_view(id) != "firm";
  }
  t.Waiting("urgent", "ann", 4, 1).spec.priority = 5;
  EXPECT_EQ(t.Decide(), "stop low preempt; stop young preempt");
  EXPECT_EQ(t.waits["urgent"], "waits for jobs that make room");
}

TEST(Schedule, NoMoreIsStoppedThanNeeded) {
  Table t;
  for (const auto& [id, cpus] : {std::pair("small", 2), {"large", 6}}) {
    JobInfo& job = t.Running(id, "bob", cpus, cpus == 2 ? 20 : 10);
    job.spec.preemptible = true;
  }
  t.Waiting("urgent", "ann", 6, 1).spec.priority = 1;
  EXPECT_EQ(t.Decide(), "stop large preempt");
}

TEST(Schedule, NothingIsStoppedInVain) {
  Table t;
  t.Running("soft", "bob", 4, 1).spec.preemptible = true;
  t.Running("firm", "bob", 4, 1);
  t.Waiting("urgent", "ann", 6, 1).spec.priority = 1;
  EXPECT_EQ(t.Decide(), "");
}

TEST(Schedule, WhatIsStoppingAlreadyCountsAsRoomToCome) {
  Table t;
  JobInfo& stopping = t.Running("stopping", "bob", 4, 1);
  stopping.state = JobState::kStopping;
  stopping.stop = StopCause::kPreempt;
  stopping.stop_asked_ms = 990'000;
  t.Running("soft", "bob", 4, 1).spec.preemptible = true;
  t.Waiting("urgent", "ann", 4, 1).spec.priority = 1;
  EXPECT_EQ(t.Decide(), "");
  EXPECT_EQ(t.wake_ms, 1'020'000);  // its 30 s of grace
}

TEST(Schedule, TimeLimitsGraceAndCancelling) {
  Table t;
  t.Running("over", "ann", 1, 900).spec.time_limit_s = 100;
  t.Running("cancelled", "ann", 1, 900).stop = StopCause::kCancel;
  JobInfo& slow = t.Running("slow", "ann", 1, 900);
  slow.state = JobState::kStopping;
  slow.stop_asked_ms = 970'000;
  t.Waiting("never", "ann", 1, 1).stop = StopCause::kCancel;
  EXPECT_EQ(t.Decide(), "stop over time_limit; stop cancelled cancel; kill slow; cancel never");
}

TEST(Schedule, DependenciesAndBackOff) {
  Table t;
  t.Waiting("waits", "ann", 1, 1);
  t.in().jobs.back().dependencies = Dependencies::kWaiting;
  t.in().jobs.back().dependency = "x";
  t.Waiting("broken", "ann", 1, 1);
  t.in().jobs.back().dependencies = Dependencies::kBroken;
  t.in().jobs.back().dependency = "y";
  JobInfo& later = t.Waiting("later", "ann", 1, 1);
  later.not_before_ms = 1'007'000;
  later.failures = 3;
  EXPECT_EQ(t.Decide(), "fail broken");
  EXPECT_EQ(t.waits["waits"], "waits for job x");
  EXPECT_EQ(t.waits["later"], "tries again after 3 failures");
  EXPECT_EQ(t.wake_ms, 1'007'000);
}

TEST(Schedule, IsTheSameForTheSameSnapshotAndNeverTakesMoreThanThereIs) {
  for (uint64_t seed = 1; seed <= 300; ++seed) {
    uint64_t state = seed * 0x9E3779B97F4A7C15U;
    const auto draw = [&](int64_t n) {
      state = state * 6364136223846793005U + 1442695040888963407U;
      return static_cast<int64_t>(state >> 33) % n;
    };
    Table t;
    std::map<std::string, int64_t> cpus;
    int64_t used = 0;
    for (int i = 0; i < 30; ++i) {
      const std::string id = fmt::format("j{}", i), owner = fmt::format("o{}", draw(4));
      const int64_t need = 1 + draw(8);
      const bool runs = used + need <= 8 && draw(3) == 0;
      JobInfo& job = runs ? t.Running(id, owner, need, draw(1000)) : t.Waiting(id, owner, need, draw(1000));
      used += runs ? need : 0;
      cpus[id] = need;
      job.spec.priority = draw(3);
      job.spec.time_limit_s = draw(2) * (1000 + draw(1000));
      job.spec.preemptible = draw(2) == 1;
    }
    const JobSchedule first = DecideSchedule(t.in()), second = DecideSchedule(t.in());
    ASSERT_EQ(first.actions.size(), second.actions.size());
    std::map<std::string, int> times;
    for (size_t i = 0; i < first.actions.size(); ++i) {
      EXPECT_EQ(first.actions[i].id, second.actions[i].id);
      if (first.actions[i].kind == JobActionKind::kStart) used += cpus[first.actions[i].id];
      EXPECT_EQ(++times[first.actions[i].id], 1) << "seed " << seed;
    }
    EXPECT_LE(used, 8) << "seed " << seed;
  }
}

}  // namespace
}  // namespace sinter
