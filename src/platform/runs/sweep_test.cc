#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <limits>
#include <map>
#include <set>
#include <sstream>

#include "platform/runs/sweep.h"

namespace sinter {
namespace {

using ::testing::HasSubstr;

constexpr const char* kRecipe = "name: net\nepochs: 9\noptimizer: {learning_rate: 0.1}\n";

std::string Text(int trials, bool halving, int parallel = 2) {
  return "name: s\nrecipe: r.yaml\nsearch: random\ntrials: " + std::to_string(trials) +
         "\nparallel: " + std::to_string(parallel) + "\nmetric: acc\n" +
         (halving ? "halving: {min_epochs: 1, eta: 3}\n" : "") +
         "parameters: {optimizer.learning_rate: {log_uniform: [0.001, 1]}}\n";
}

// One letter a trial: W waiting, R running, r reached, s stopped, D done, F failed, C cancelled; then the
// rung, and the value of the last rung reached after a colon: "r0:0.5".
SweepInfo State(const std::string& states, bool halving = true, int parallel = 2) {
  std::istringstream in(states);
  SweepInfo sweep;
  sweep.name = "s";
  for (std::string word; in >> word;) {
    TrialState state;
    const std::string letters = "WRrsDFC";
    state.phase = static_cast<TrialPhase>(letters.find(word[0]));
    state.rung = word[1] - '0';
    if (state.phase == TrialPhase::kRunning) state.job = "j";
    if (const size_t colon = word.find(':'); colon != std::string::npos)
      state.values.assign(static_cast<size_t>(state.rung) + 1, std::stod(word.substr(colon + 1)));
    sweep.states.push_back(state);
  }
  sweep.text = Text(static_cast<int>(sweep.states.size()), halving, parallel);
  sweep.recipe = kRecipe;
  EXPECT_TRUE(ExpandSweepInfo(sweep));
  return sweep;
}

TrialJob Job(JobState state, std::optional<double> value = {}) {
  return {state, false, "exit code 1", value};
}

// "choose 0 1; submit 2; conclude 3 reached; cancel 4; halve 0 2; finish ..."
std::string Decided(const SweepInfo& sweep, const std::map<size_t, TrialJob>& jobs = {}) {
  SweepSnapshot snapshot{sweep, std::vector<std::optional<TrialJob>>(sweep.states.size())};
  for (const auto& [trial, job] : jobs) snapshot.jobs[trial] = job;
  const auto decision = DecideSweep(snapshot);
  std::string text;
  for (const SweepAction& a : decision.actions) {
    if (!text.empty()) text += "; ";
    switch (a.kind) {
      case SweepAction::Kind::kChoose:
        text += "choose " + std::to_string(a.trial);
        break;
      case SweepAction::Kind::kSubmit:
        text += "submit " + std::to_string(a.trial);
        break;
      case SweepAction::Kind::kConclude:
        text += "conclude " + std::to_string(a.trial) + " " + std::string(TrialPhaseName(a.state.phase));
        if (!a.state.why.empty()) text += " (" + a.state.why + ")";
        break;
      case SweepAction::Kind::kCancelJob:
        text += "cancel " + std::to_string(a.trial);
        break;
      case SweepAction::Kind::kHalve:
        text += "halve";
        for (const size_t trial : a.trials) text += " " + std::to_string(trial);
        break;
      case SweepAction::Kind::kFinish:
        text += "finish: " + a.message;
    }
  }
  if (decision.again) text += text.empty() ? "look again" : "; look again";
  return text;
}

TEST(SweepDecision, Table) {
  const double nan = std::numeric_limits<double>::quiet_NaN();
  const TrialJob runs = Job(JobState::kRunning), good = Job(JobState::kSucceeded, 0.5);
  struct Row {
    const char* states;
    std::map<size_t, TrialJob> jobs;
    const char* decided;
  };
  const Row rows[] = {
      // As many as may run at a time, in order.
      {"W0 W0 W0 W0", {}, "choose 0; choose 1"},
      {"R0 W0 W0 W0", {{0, runs}}, "choose 1; look again"},
      {"R0 R0 W0 W0", {{0, runs}, {1, runs}}, "look again"},
      // A job that was chosen and is not there is made: once, under the id that was written down.
      {"R0 R0 W0 W0", {{1, runs}}, "submit 0; look again"},
      {"R0 W0", {}, "submit 0; choose 1; look again"},
      // What became of jobs is written down before anything else begins.
      {"R0 R0 W0 W0", {{0, good}, {1, runs}}, "conclude 0 reached; look again"},
      {"R2 W2", {{0, good}}, "conclude 0 done"},
      {"R0 R0",
       {{0, Job(JobState::kFailed)}, {1, Job(JobState::kCancelled)}},
       "conclude 0 failed (exit code 1); conclude 1 failed (its job was cancelled)"},
      {"R0 R0",
       {{0, Job(JobState::kSucceeded)}, {1, Job(JobState::kSucceeded, nan)}},
       "conclude 0 failed (it has no finite acc); conclude 1 failed (it has no finite acc)"},
      // The rung is over when all that began it have ended.
      {"r0:0.1 r0:0.3 r0:0.2 R0", {{3, runs}}, "look again"},
      {"r0:0.1 r0:0.3 r0:0.2 r0:0.4 r0:0 r0:0", {}, "halve 1 3"},
      {"r0:0.1 r0:0.3 r0:0.2", {}, "halve 1"},
      {"r0:0.3 r0:0.3 r0:0.3", {}, "halve 0"},  // equal: the first
      {"F0 F0 F0 F0 F0 r0:0.1", {}, "halve 5"},
      {"F0 F0 F0 r0:0.2 r0:0.3 r0:0.1", {}, "halve 3 4"},
      {"r0:0.1", {}, "halve 0"},
      {"s0:0.1 s0:0.2 r1:0.3 F1 s0:0 s0:0", {}, "halve 2"},
      {"s0:0.1 W1 s0:0", {}, "choose 1"},
      // The end.
      {"s0:0.1 D2:0.3 s1:0", {}, "finish: 1 of 3 trials trained to the end"},
      {"F0 F0 F0", {}, "finish: 0 of 3 trials trained to the end, 3 failed"},
      {"D2:0.3 F2 W2", {}, "choose 2"},
  };
  for (const Row& row : rows) EXPECT_EQ(Decided(State(row.states), row.jobs), row.decided) << row.states;
}

TEST(SweepDecision, PausedAndCancelled) {
  const TrialJob runs = Job(JobState::kRunning);
  TrialJob stops = runs;
  stops.stop_asked = true;
  SweepInfo paused = State("R0 W0 W0");
  paused.wish = SweepWish::kPause;
  EXPECT_EQ(paused.State(), "paused");
  EXPECT_EQ(Decided(paused, {{0, runs}}), "look again");
  EXPECT_EQ(Decided(paused, {{0, Job(JobState::kSucceeded, 1)}}), "conclude 0 reached");
  EXPECT_EQ(Decided(paused), "submit 0; look again") << "what was chosen is still made";
  paused = State("r0:1 W0 W0");
  paused.wish = SweepWish::kPause;
  EXPECT_EQ(Decided(paused), "");

  SweepInfo cancelled = State("R0 R0 W0");
  cancelled.wish = SweepWish::kCancel;
  EXPECT_EQ(Decided(cancelled, {{0, runs}, {1, stops}}), "cancel 0; look again");
  EXPECT_EQ(Decided(cancelled, {{0, Job(JobState::kCancelled)}}),
            "conclude 0 cancelled; conclude 1 cancelled");
  cancelled.states[0].phase = cancelled.states[1].phase = TrialPhase::kCancelled;
  EXPECT_EQ(Decided(cancelled), "finish: cancelled");
  cancelled.over = true;
  EXPECT_EQ(Decided(cancelled), "");
  EXPECT_EQ(cancelled.State(), "cancelled");
}

TEST(SweepDecision, WithoutHalvingTheOnlyRungIsTheLast) {
  EXPECT_EQ(Decided(State("R0 W0 W0", false, 1), {{0, Job(JobState::kSucceeded, 0.1)}}), "conclude 0 done");
  EXPECT_EQ(Decided(State("D0:0.1 D0:0.2 F0", false)), "finish: 2 of 3 trials trained to the end, 1 failed");
}

// Whatever order jobs end in, and whichever fail: the sweep ends, each job is made once, at most `parallel`
// are there at a time, and the epochs spent are those of the rungs.
TEST(SweepDecision, EverySweepEnds) {
  for (uint64_t seed = 0; seed < 200; ++seed) {
    SweepInfo sweep = State("W0 W0 W0 W0 W0 W0 W0 W0 W0");
    std::vector<std::optional<TrialJob>> jobs(9);
    uint64_t draw = seed * 7919 + 1;
    const auto next = [&](uint64_t n) {
      return (draw = draw * 6364136223846793005U + 1442695040888963407U) >> 33 % n;
    };
    std::set<std::string> made;
    int looks = 0;
    for (; !sweep.over && looks < 1000; ++looks) {
      for (auto& job : jobs) {
        if (!job || IsOver(job->state) || next(3) == 0) continue;
        *job = next(8) == 0 ? Job(JobState::kFailed)
                            : Job(JobState::kSucceeded, static_cast<double>(next(1000)) / 1000);
      }
      for (const SweepAction& a : DecideSweep({sweep, jobs}).actions) {
        TrialState& state = sweep.states[a.trial];
        switch (a.kind) {
          case SweepAction::Kind::kChoose:
            state.phase = TrialPhase::kRunning;
            state.job = std::to_string(a.trial) + "." + std::to_string(state.rung);
            jobs[a.trial].reset();
            break;
          case SweepAction::Kind::kSubmit:
            EXPECT_TRUE(made.insert(state.job).second) << state.job << " twice, seed " << seed;
            jobs[a.trial] = Job(JobState::kRunning);
            break;
          case SweepAction::Kind::kConclude:
            state = a.state;
            break;
          case SweepAction::Kind::kHalve:
            ApplyHalving(sweep, a.trials);
            break;
          case SweepAction::Kind::kFinish:
            sweep.over = true;
            break;
          case SweepAction::Kind::kCancelJob:
            FAIL();
        }
      }
      EXPECT_LE(std::ranges::count(sweep.states, TrialPhase::kRunning, &TrialState::phase), 2) << seed;
    }
    EXPECT_TRUE(sweep.over) << "seed " << seed;
    EXPECT_LE(made.size(), 9U + 3U + 1U) << "seed " << seed;
    EXPECT_LE(std::ranges::count(sweep.states, TrialPhase::kDone, &TrialState::phase), 1);
  }
}

TEST(Sweep, ARecordIsReadBack) {
  SweepInfo sweep = State("W0 R1:0.5 F0 D2:0.25");
  sweep.dataset = "small@1";
  sweep.owner = "ann";
  sweep.home = "h";
  sweep.code.sinter = "0.1.0";
  sweep.states[2].why = "exit code 1";
  Record record{.kind = std::string(kSweepKind),
                .name = "s",
                .spec = SweepSpecText(sweep),
                .status = SweepStatusText(sweep)};
  const auto read = ReadSweep(record);
  ASSERT_TRUE(read) << read.error().ToString();
  EXPECT_EQ(SweepSpecText(*read), record.spec);
  EXPECT_EQ(SweepStatusText(*read), record.status);
  EXPECT_EQ(read->trials.size(), 4U);
  EXPECT_EQ(read->rungs, (std::vector<int64_t>{1, 3, 9}));
  EXPECT_EQ(read->RunOf(0), "s-001");
  EXPECT_EQ(RankTrials(*read), (std::vector<size_t>{3, 1, 0, 2}));
  record.status.replace(record.status.find("\"rung\":2"), 8, "\"rung\":3");
  EXPECT_THAT(ReadSweep(record).error().message, HasSubstr("none of the sweep's"));
  sweep.states.pop_back();
  record.status = SweepStatusText(sweep);
  EXPECT_THAT(ReadSweep(record).error().message, HasSubstr("not as many"));
}

}  // namespace
}  // namespace sinter
