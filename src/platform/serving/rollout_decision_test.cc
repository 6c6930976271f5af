// What a rollout does next, as a table of states.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "platform/serving/rollout.h"

namespace sinter {
namespace {

using ::testing::StartsWith;
using State = RolloutState;
using Action = RolloutAction;

Gates Canary() {
  Gates gates;
  gates.golden = GoldenGate{.dataset = "d@1"};
  gates.shadow.percent = 10;
  gates.plan.strategy = RolloutStrategy::kCanary;
  return gates;
}

LoadSnapshot Warm() { return {.warm = WarmUpReport{.runs = 40, .median_ms = 0.5, .rows_apart = true}}; }

GoldenResult Golden(PairedOutcomes outcomes) { return {.outcomes = outcomes, .dataset = "d@1"}; }

// Errors of 1 and 3 in turns, 1,000 times, and those of the candidate: as much more, give or take `spread`.
GoldenResult Errors(double more, double spread = 0.1) {
  PairedErrors errors;
  for (int i = 0; i < 1000; ++i) {
    const double live = i % 2 == 0 ? 1 : 3;
    errors.Add(live, live + more + (i % 4 < 2 ? spread : -spread));
  }
  return {.errors = errors, .dataset = "d@1"};
}

// A snapshot in a state, that passes.
RolloutSnapshot At(State state, int64_t step = 0) {
  RolloutSnapshot s;
  s.state = state;
  s.step = step;
  s.seconds = 61;
  s.gates = Canary();
  s.load = Warm();
  s.golden = Golden({1800, 20, 30, 150});
  s.shadow.compared = 500;
  s.candidate_traffic = {.requests = 500, .failed = 0, .p99_ms = 4, .seconds = 60};
  s.live_traffic = {.requests = 9000, .failed = 0, .p99_ms = 4, .seconds = 60};
  return s;
}

template <class Change>
RolloutSnapshot But(RolloutSnapshot s, Change change) {
  change(s);
  return s;
}

TEST(Rollout, DecisionsByState) {
  using S = RolloutSnapshot;
  const auto paused = [](State from, int64_t step = 0) {
    return But(At(State::kPaused, step), [from](S& s) { s.paused_from = from; });
  };
  const auto wanted = [](S s, PersonsWish wish) {
    s.wish = wish;
    s.wish_reason = "because";
    return s;
  };
  const struct {
    const char* name;
    RolloutSnapshot snapshot;
    Action action;
    State next;
    int64_t step;
    const char* reason;
  } states[] = {
      // Loading.
      {"loading", But(At(State::kLoading), [](S& s) { s.load = {}; }), Action::kWait, State::kLoading, 0,
       "it is being loaded"},
      {"cannot be loaded", But(At(State::kLoading), [](S& s) { s.load = {.load_error = Corrupt("torn")}; }),
       Action::kRefuse, State::kRefused, 0, "torn"},
      {"loaded", At(State::kLoading), Action::kAdvance, State::kGolden, 0, "warm after 40 runs"},
      {"loaded, no golden set", But(At(State::kLoading), [](S& s) { s.gates.golden.reset(); }),
       Action::kAdvance, State::kShadow, 0, "warm after 40 runs"},
      {"loaded, a canary at once",
       But(At(State::kLoading),
           [](S& s) {
             s.gates.golden.reset();
             s.gates.shadow.percent = 0;
           }),
       Action::kAdvance, State::kCanary, 0, "warm"},
      {"loaded, blue-green", But(At(State::kLoading), [](S& s) { s.gates = {}; }), Action::kSwitch,
       State::kDone, 0, "warm"},
      {"loaded, blue-green, watched",
       But(At(State::kLoading),
           [](S& s) {
             s.gates = {};
             s.gates.plan.bake_s = 5;
           }),
       Action::kSwitch, State::kBaking, 0, "warm"},
      {"nothing answers", But(At(State::kLoading), [](S& s) { s.live = false; }), Action::kSwitch,
       State::kDone, 0, "warm"},
      // The golden set.
      {"golden: asking", But(At(State::kGolden), [](S& s) { s.golden.reset(); }), Action::kWait,
       State::kGolden, 0, "the golden set is being asked"},
      {"golden: as good", At(State::kGolden), Action::kAdvance, State::kShadow, 0,
       "not worse on the golden set by more than 0.02: accuracy 0.9150, live 0.9100; difference +0.0050"},
      {"golden: worse", But(At(State::kGolden), [](S& s) { s.golden = Golden({1500, 320, 30, 150}); }),
       Action::kRefuse, State::kRefused, 0,
       "worse on the golden set by more than 0.02: accuracy 0.7650, live 0.9100; difference -0.1450"},
      {"golden: too few to tell", But(At(State::kGolden), [](S& s) { s.golden = Golden({45, 1, 1, 3}); }),
       Action::kRefuse, State::kRefused, 0, "it could be worse on the golden set by more than 0.02"},
      {"golden: NaN", But(At(State::kGolden), [](S& s) { s.golden->candidate_not_finite = 2; }),
       Action::kRefuse, State::kRefused, 0, "2 of its 2000 answers to the golden set hold NaN"},
      {"golden: no classes", But(At(State::kGolden), [](S& s) { s.golden->candidate_bad = 1; }),
       Action::kRefuse, State::kRefused, 0, "1 of its 2000 answers to the golden set are of a wrong shape"},
      {"golden: errors as small", But(At(State::kGolden), [](S& s) { s.golden = Errors(0); }),
       Action::kAdvance, State::kShadow, 0,
       "not worse on the golden set by more than 2%: mean absolute error 2, live 2; difference"},
      {"golden: errors within the margin", But(At(State::kGolden), [](S& s) { s.golden = Errors(0.03); }),
       Action::kAdvance, State::kShadow, 0, "not worse on the golden set by more than 2%"},
      {"golden: errors larger", But(At(State::kGolden), [](S& s) { s.golden = Errors(0.05); }),
       Action::kRefuse, State::kRefused, 0,
       "worse on the golden set by more than 2%: mean absolute error 2.05, live 2; difference +0.05, 95% "
       "interval +0.04379 to +0.05621, on 1000 examples of d@1"},
      {"golden: errors that cannot be told", But(At(State::kGolden), [](S& s) { s.golden = Errors(0, 1); }),
       Action::kRefuse, State::kRefused, 0,
       "it could be worse on the golden set by more than 2%: mean absolute error 2, live 2"},
      {"golden: squared errors",
       But(At(State::kGolden),
           [](S& s) {
             s.gates.golden->error = ErrorKind::kSquared;
             s.gates.golden->margin = 0.1;
             s.golden = Errors(0.05);
           }),
       Action::kAdvance, State::kShadow, 0,
       "not worse on the golden set by more than 10%: mean squared error 2.05"},
      {"golden: no errors at all, and none allowed more",
       But(At(State::kGolden),
           [](S& s) {
             s.gates.golden->margin = 0;
             s.golden = Errors(0, 0);
           }),
       Action::kAdvance, State::kShadow, 0, "not worse on the golden set by more than 0%"},
      {"golden: one number says nothing",
       But(At(State::kGolden),
           [](S& s) {
             s.golden = Errors(0);
             s.golden->errors = PairedErrors{};
             s.golden->errors->Add(1, 1);
           }),
       Action::kRefuse, State::kRefused, 0, "it could be worse on the golden set by more than 2%"},
      {"golden: numbers that are none",
       But(At(State::kGolden),
           [](S& s) {
             s.golden = Errors(0);
             s.golden->candidate_not_finite = 3;
           }),
       Action::kRefuse, State::kRefused, 0, "3 of its 1003 answers to the golden set hold NaN"},
      {"golden: numbers of another shape",
       But(At(State::kGolden),
           [](S& s) {
             s.golden = Errors(0);
             s.golden->candidate_bad = 1;
           }),
       Action::kRefuse, State::kRefused, 0, "1 of its 1001 answers to the golden set are of a wrong shape"},
      {"golden: gone",
       But(At(State::kGolden), [](S& s) { s.golden = GoldenResult{.unusable = NotFound("no d@1")}; }),
       Action::kPause, State::kPaused, 0, "the golden set cannot be used: no d@1"},
      {"golden, then a canary", But(At(State::kGolden), [](S& s) { s.gates.shadow.percent = 0; }),
       Action::kAdvance, State::kCanary, 0, "not worse"},
      // The shadow.
      {"shadow: too few", But(At(State::kShadow), [](S& s) { s.shadow.compared = 199; }), Action::kWait,
       State::kShadow, 0, "too few: 199 of 200 answers compared"},
      {"shadow: fine", But(At(State::kShadow), [](S& s) { s.shadow.disagreed = 20; }), Action::kAdvance,
       State::kCanary, 0, "500 answers compared, 20 of another class or value"},
      {"shadow: one NaN is enough",
       But(At(State::kShadow), [](S& s) { s.shadow = {.compared = 1, .not_finite = 1}; }), Action::kRefuse,
       State::kRefused, 0, "in the shadow, 1 of its answers hold NaN or infinity"},
      {"shadow: shape", But(At(State::kShadow), [](S& s) { s.shadow.bad_shape = 3; }), Action::kRefuse,
       State::kRefused, 0, "in the shadow, 3 of its answers have another shape"},
      {"shadow: class", But(At(State::kShadow), [](S& s) { s.shadow.bad_class = 3; }), Action::kRefuse,
       State::kRefused, 0, "in the shadow, 3 of its answers are of a class that there is not"},
      {"shadow: lost labels", But(At(State::kShadow), [](S& s) { s.shadow.labelled = {0, 12, 2, 1}; }),
       Action::kRefuse, State::kRefused, 0,
       "in the shadow, of 15 labelled disagreements it lost 12 and won 2"},
      {"shadow: lost by chance", But(At(State::kShadow), [](S& s) { s.shadow.labelled = {0, 3, 2, 0}; }),
       Action::kAdvance, State::kCanary, 0, "500 answers compared"},
      {"shadow: fails", But(At(State::kShadow), [](S& s) { s.shadow.failed = 6; }), Action::kRefuse,
       State::kRefused, 0, "in the shadow, 6 of 500 requests failed; the budget is 1%"},
      {"shadow: slow", But(At(State::kShadow), [](S& s) { s.candidate_traffic.p99_ms = 1200; }),
       Action::kRefuse, State::kRefused, 0,
       "in the shadow, p99 of 500 requests is 1200.000 ms; the budget is 1000 ms"},
      {"shadow, then blue-green", But(At(State::kShadow), [](S& s) { s.gates.plan = {}; }), Action::kSwitch,
       State::kDone, 0, "500 answers compared"},
      // A canary.
      {"canary: not yet", But(At(State::kCanary), [](S& s) { s.seconds = 59; }), Action::kWait,
       State::kCanary, 0, "1% is watched for 60 s"},
      {"canary: too few", But(At(State::kCanary), [](S& s) { s.candidate_traffic.requests = 99; }),
       Action::kWait, State::kCanary, 0, "too few: 99 of 100 requests at 1%"},
      {"canary: too few to call it slow",
       But(At(State::kCanary),
           [](S& s) { s.candidate_traffic = {.requests = 99, .failed = 0, .p99_ms = 5000}; }),
       Action::kWait, State::kCanary, 0, "too few"},
      {"canary: on", At(State::kCanary), Action::kAdvance, State::kCanary, 1,
       "500 requests at 1% within the budget"},
      {"canary: on again", At(State::kCanary, 2), Action::kAdvance, State::kCanary, 3, "500 requests at 25%"},
      {"canary: the last share", At(State::kCanary, 3), Action::kSwitch, State::kBaking, 0,
       "500 requests at 50%"},
      {"canary: errors", But(At(State::kCanary, 2), [](S& s) { s.candidate_traffic.failed = 6; }),
       Action::kRollBack, State::kRolledBack, 0, "at 25%, 6 of 500 requests failed; the budget is 1%"},
      {"canary: errors that no more requests can mend",
       But(At(State::kCanary),
           [](S& s) {
             s.seconds = 1;
             s.candidate_traffic = {.requests = 4, .failed = 2};
           }),
       Action::kRollBack, State::kRolledBack, 0, "at 1%, 2 of 4 requests failed"},
      {"canary: one error may be bad luck",
       But(At(State::kCanary),
           [](S& s) {
             s.seconds = 1;
             s.candidate_traffic = {.requests = 4, .failed = 1};
           }),
       Action::kWait, State::kCanary, 0, "1% is watched"},
      {"canary: slow", But(At(State::kCanary), [](S& s) { s.candidate_traffic.p99_ms = 1001; }),
       Action::kRollBack, State::kRolledBack, 0, "at 1%, p99 of 500 requests is 1001.000 ms"},
      {"canary: NaN", But(At(State::kCanary), [](S& s) { s.shadow.not_finite = 1; }), Action::kRollBack,
       State::kRolledBack, 0, "at 1%, 1 of its answers hold NaN"},
      // After the switch.
      {"baking: not yet", But(At(State::kBaking), [](S& s) { s.seconds = 1; }), Action::kWait, State::kBaking,
       0, "it answers, and is watched for 60 s"},
      {"baking: too few", But(At(State::kBaking), [](S& s) { s.candidate_traffic.requests = 7; }),
       Action::kWait, State::kBaking, 0, "too few: 7 of 100 requests since the switch"},
      {"baking: done", At(State::kBaking), Action::kFinish, State::kDone, 0,
       "500 requests within the budget"},
      {"baking: broken", But(At(State::kBaking), [](S& s) { s.candidate_traffic.failed = 100; }),
       Action::kRollBack, State::kRolledBack, 0, "after the switch, 100 of 500 requests failed"},
      {"baking: broken, and nothing to go back to",
       But(At(State::kBaking),
           [](S& s) {
             s.candidate_traffic.failed = 100;
             s.live = false;
           }),
       Action::kWait, State::kBaking, 0, "there is no revision to go back to"},
      // A person.
      {"abort while it loads", wanted(At(State::kLoading), PersonsWish::kAbort), Action::kAbort,
       State::kAborted, 0, "because"},
      {"abort a canary", wanted(At(State::kCanary, 3), PersonsWish::kAbort), Action::kAbort, State::kAborted,
       0, "because"},
      {"abort after the switch", wanted(At(State::kBaking), PersonsWish::kAbort), Action::kRollBack,
       State::kRolledBack, 0, "because"},
      {"promote from the shadow", wanted(At(State::kShadow), PersonsWish::kPromote), Action::kSwitch,
       State::kBaking, 0, "because"},
      {"promote after the switch", wanted(At(State::kBaking), PersonsWish::kPromote), Action::kFinish,
       State::kDone, 0, "because"},
      {"promote what is not loaded",
       wanted(But(At(State::kLoading), [](S& s) { s.candidate = false; }), PersonsWish::kPromote),
       Action::kWait, State::kLoading, 0, "it is not loaded yet"},
      {"pause", wanted(At(State::kCanary, 2), PersonsWish::kPause), Action::kPause, State::kPaused, 2,
       "because"},
      {"paused: nothing advances", paused(State::kCanary, 2), Action::kWait, State::kPaused, 2,
       "it is paused"},
      {"paused: a broken budget still rolls back",
       But(paused(State::kCanary, 2), [](S& s) { s.candidate_traffic.failed = 50; }), Action::kRollBack,
       State::kRolledBack, 0, "at 25%, 50 of 500"},
      {"paused: resume", wanted(paused(State::kCanary, 2), PersonsWish::kResume), Action::kAdvance,
       State::kCanary, 2, "because"},
      {"paused: promote", wanted(paused(State::kCanary, 2), PersonsWish::kPromote), Action::kSwitch,
       State::kBaking, 0, "because"},
      {"paused: abort", wanted(paused(State::kShadow), PersonsWish::kAbort), Action::kAbort, State::kAborted,
       0, "because"},
      {"paused: abort after the switch", wanted(paused(State::kBaking), PersonsWish::kAbort),
       Action::kRollBack, State::kRolledBack, 0, "because"},
      {"resume what runs", wanted(At(State::kCanary), PersonsWish::kResume), Action::kWait, State::kCanary, 0,
       "it is not paused"},
      {"over", At(State::kRefused), Action::kWait, State::kRefused, 0, "it is over"},
  };
  for (const auto& state : states) {
    SCOPED_TRACE(state.name);
    const RolloutDecision decision = DecideRollout(state.snapshot);
    EXPECT_EQ(RolloutActionName(decision.action), RolloutActionName(state.action));
    EXPECT_EQ(RolloutStateName(decision.next), RolloutStateName(state.next));
    EXPECT_EQ(decision.step, state.step);
    EXPECT_THAT(decision.reason, StartsWith(state.reason));
  }
}

TEST(Rollout, FiguresAreKeptWithTheirSample) {
  const RolloutDecision golden = DecideRollout(At(State::kGolden));
  ASSERT_EQ(golden.figures.size(), 13u);
  EXPECT_EQ(golden.figures[0], (std::pair<std::string, double>("samples", 2000)));
  EXPECT_EQ(golden.figures[3].first, "difference");
  EXPECT_LT(golden.figures[4].second, 0.005);
  EXPECT_GT(golden.figures[5].second, 0.005);
  const RolloutDecision errors =
      DecideRollout(But(At(State::kGolden), [](auto& s) { s.golden = Errors(0.03); }));
  ASSERT_EQ(errors.figures.size(), 12u);
  EXPECT_EQ(errors.figures[0], (std::pair<std::string, double>("samples", 1000)));
  EXPECT_NEAR(errors.figures[3].second, 0.03, 1e-9);
  EXPECT_LT(errors.figures[5].second, errors.figures[8].second) << "below the limit";
  const RolloutDecision canary = DecideRollout(At(State::kCanary, 1));
  EXPECT_EQ(canary.figures[0], (std::pair<std::string, double>("share", 5)));
  EXPECT_EQ(canary.figures[3], (std::pair<std::string, double>("requests", 500)));
}

// From any state, with whatever judges say, a rollout never goes back to an earlier stage, and never leaves a
// final state.
TEST(Rollout, GoesForwardOnly) {
  for (const State state : {State::kLoading, State::kGolden, State::kShadow, State::kCanary, State::kBaking,
                            State::kDone, State::kRefused, State::kAborted, State::kRolledBack}) {
    for (const PersonsWish wish : {PersonsWish::kNone, PersonsWish::kPromote, PersonsWish::kAbort}) {
      for (const bool live : {false, true}) {
        RolloutSnapshot s = At(state, 1);
        s.wish = wish;
        s.live = live;
        const RolloutDecision decision = DecideRollout(s);
        EXPECT_GE(decision.next, state);
        if (IsFinal(state)) {
          EXPECT_EQ(decision.next, state);
        }
        if (decision.next == state && state == State::kCanary) {
          EXPECT_GE(decision.step, 1);
        }
      }
    }
  }
}

}  // namespace
}  // namespace sinter
