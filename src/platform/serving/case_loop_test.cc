#include "platform/serving/case_loop.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

namespace sinter {
namespace {

using Labelling = CaseSnapshot::Labelling;

// "begin; forget; finish: why", and "..." where it is looked at again.
std::string Decided(const CaseSnapshot& snapshot) {
  const char* names[] = {"begin", "forget", "open", "train", "submit", "offer", "roll out", "finish", "drop"};
  std::string text;
  const auto decision = DecideCaseLoop(snapshot);
  for (const CaseAction& action : decision.actions) {
    if (!text.empty()) text += "; ";
    text += names[static_cast<size_t>(action.kind)];
    if (!action.message.empty()) text += ": " + action.message;
  }
  return text + (decision.again ? "..." : "");
}

// A service whose loop asks for a labelling after 10 cases, and trains.
CaseSnapshot Asked(CasePhase phase = CasePhase::kOver) {
  CaseSnapshot snapshot;
  snapshot.loop = snapshot.service = snapshot.consent = true;
  snapshot.spec.after = 10;
  snapshot.spec.retrain = "name: net";
  snapshot.round.phase = phase;
  if (phase == CasePhase::kOver) return snapshot;
  snapshot.round.labelling = "s-cases-1";
  snapshot.round.job = "j";
  snapshot.round.model = phase == CasePhase::kRollingOut ? "net@2" : "";
  return snapshot;
}

TEST(CaseLoop, BeginsWhereTheSpecAndTheCasesSaySo) {
  CaseSnapshot s = Asked();
  EXPECT_EQ(Decided(s), "...");
  s.fresh = 9;
  EXPECT_EQ(Decided(s), "...");
  s.fresh = 10;
  EXPECT_EQ(Decided(s), "begin...");
  s.taken = 3;
  EXPECT_EQ(Decided(s), "forget; begin...");
  s.fresh = 0;
  EXPECT_EQ(Decided(s), "forget...");
  s.fresh = 99;
  s.consent = false;
  EXPECT_EQ(Decided(s), "");
  s.service = false;
  EXPECT_EQ(Decided(s), "drop");
  s.loop = false;
  EXPECT_EQ(Decided(s), "");
}

TEST(CaseLoop, OneRoundAtATime) {
  // Whatever is kept meanwhile, a round goes on to its end.
  for (const CasePhase phase : {CasePhase::kOpening, CasePhase::kLabelling, CasePhase::kTraining}) {
    CaseSnapshot s = Asked(phase);
    s.fresh = 99;
    s.labelling = Labelling::kUncommitted;
    EXPECT_THAT(Decided(s), ::testing::Not(::testing::HasSubstr("begin"))) << CasePhaseName(phase);
    s.consent = false;
    EXPECT_EQ(Decided(s), "finish: the consent to keep cases was withdrawn");
    s.service = false;
    EXPECT_EQ(Decided(s), "drop");
  }
}

TEST(CaseLoop, OpensWhatIsNotForgottenToo) {
  CaseSnapshot s = Asked(CasePhase::kOpening);
  s.taken = 10;
  EXPECT_EQ(Decided(s), "forget; open");
  s.taken = 0;
  EXPECT_EQ(Decided(s), "open");
}

TEST(CaseLoop, TrainsOnWhatIsCommitted) {
  CaseSnapshot s = Asked(CasePhase::kLabelling);
  EXPECT_EQ(Decided(s), "finish: labelling s-cases-1 was removed");
  s.labelling = Labelling::kUncommitted;
  EXPECT_EQ(Decided(s), "...");
  s.labelling = Labelling::kCommitted;
  s.committed = "s-cases@2";
  EXPECT_EQ(Decided(s), "train");
  s.spec.retrain.clear();
  EXPECT_EQ(Decided(s), "finish: its labels are s-cases@2");
  s.spec.into = "s-data";
  EXPECT_EQ(Decided(s), "train") << "they go there first, whether or not anything trains on it";
}

TEST(CaseLoop, AModelWaitsForAPersonUnlessTheSpecSaysOtherwise) {
  CaseSnapshot s = Asked(CasePhase::kTraining);
  EXPECT_EQ(Decided(s), "submit...");
  for (const JobState state : {JobState::kQueued, JobState::kRunning}) {
    s.job = CaseSnapshot::Job{state, "", ""};
    EXPECT_EQ(Decided(s), "...");
  }
  s.job = CaseSnapshot::Job{JobState::kFailed, "exit code 1", ""};
  EXPECT_EQ(Decided(s), "finish: job j failed: exit code 1");
  s.job = CaseSnapshot::Job{JobState::kCancelled, "", ""};
  EXPECT_EQ(Decided(s), "finish: job j was cancelled");
  s.job = CaseSnapshot::Job{JobState::kSucceeded, "", ""};
  EXPECT_EQ(Decided(s), "finish: job j made no model");
  s.job->model = "net@2";
  EXPECT_EQ(Decided(s), "offer: model net@2 waits for whoever rolls it out");
  s.spec.rollout = true;
  EXPECT_EQ(Decided(s), "offer");
}

TEST(CaseLoop, RollsOutOnce) {
  CaseSnapshot s = Asked(CasePhase::kRollingOut);
  s.rollout_busy = true;
  EXPECT_EQ(Decided(s), "...");
  s.rollout_busy = false;
  EXPECT_EQ(Decided(s), "roll out");
  s.rolled_out = true;
  EXPECT_EQ(Decided(s), "finish: a rollout of net@2 was begun");
}

TEST(CaseRound, IsReadBack) {
  CaseRound round{.phase = CasePhase::kRollingOut,
                  .digest = "d",
                  .dataset = "s-cases@1",
                  .rows = 10,
                  .cases = {"a", "b"},
                  .labelling = "l",
                  .version = "s-cases@2",
                  .job = "j",
                  .run = "r",
                  .model = "m@1",
                  .message = "why"};
  const auto read = ReadCaseRound(CaseRoundText(round));
  ASSERT_TRUE(read) << read.error().ToString();
  EXPECT_EQ(*read, round);
  EXPECT_FALSE(CaseRoundJson(round).contains("cases"));
  EXPECT_EQ(*ReadCaseRound("{}"), CaseRound());
  for (const char* none : {"", "[]", R"({"phase":"away"})", R"({"other":1})"})
    EXPECT_FALSE(ReadCaseRound(none)) << none;
}

TEST(CaseLoopSpec, IsReadBackAndHeldToItsBounds) {
  const CaseLoopSpec spec{.after = 5,
                          .labellers = 2,
                          .review = "all",
                          .instructions = "i",
                          .into = "d",
                          .into_split = "more",
                          .retrain = "name: x",
                          .rollout = true};
  const auto read = ReadCaseLoopSpec(CaseLoopSpecJson(spec));
  ASSERT_TRUE(read) << read.error().ToString();
  EXPECT_EQ(*read, spec);
  EXPECT_EQ(*ReadCaseLoopSpec(Json::object()), CaseLoopSpec());
  const auto refused = [](const char* text) {
    const auto none = ReadCaseLoopSpec(*ParseJson(text));
    return none ? "" : none.error().message;
  };
  EXPECT_THAT(refused(R"({"labelling":{"after":0}})"), ::testing::HasSubstr("1 to 100,000"));
  EXPECT_THAT(refused(R"({"labelling":{"labellers":6}})"), ::testing::HasSubstr("1 to 5"));
  EXPECT_THAT(refused(R"({"labelling":{"review":"some"}})"),
              ::testing::HasSubstr("none, disagreements or all"));
  EXPECT_THAT(refused(R"({"rollout":true})"), ::testing::HasSubstr("retrain is needed"));
  EXPECT_THAT(refused(R"({"into":{"dataset":"d@1"}})"), ::testing::HasSubstr("without a version"));
  EXPECT_THAT(refused(R"({"into":{"split":"train"}})"), ::testing::HasSubstr("dataset"));
  EXPECT_THAT(refused(R"({"after":5})"), ::testing::HasSubstr("after"));
}

TEST(CaseDigest, IsOfTheCaseAndItsMoment) {
  HardCase a{.number = 1,
             .at_ms = 5,
             .revision = "m@1",
             .inputs = {{"x", Tensor::Of<float>({1, 2}, {1, 2}), ""}},
             .index = 0};
  HardCase b = a;
  b.number = 9;  // counts within one life of a server
  EXPECT_EQ(CaseDigest(a), CaseDigest(b));
  b.at_ms = 6;
  EXPECT_NE(CaseDigest(a), CaseDigest(b));
  b = a;
  b.inputs[0].row = Tensor::Of<float>({1, 2}, {1, 3});
  EXPECT_NE(CaseDigest(a), CaseDigest(b));
  const std::vector<std::string> both = {CaseDigest(a), CaseDigest(b)}, one = {CaseDigest(a)};
  EXPECT_EQ(CasesDigest(both).size(), 12u);
  EXPECT_NE(CasesDigest(both), CasesDigest(one));
}

}  // namespace
}  // namespace sinter
