// Gates and rollouts as they are kept: what is written is read again, and what is wrong is named.
#include "platform/serving/rollout_record.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

namespace sinter {
namespace {

std::string WrongWith(std::string_view text) {
  const auto json = ParseJson(text);
  EXPECT_TRUE(json);
  const auto gates = ReadGates(*json, "gates");
  return gates ? "none" : gates.error().message;
}

TEST(Gates, DefaultsAreWrittenOut) {
  const Json json = GatesJson(Gates{});
  EXPECT_EQ(json["golden"], nullptr);
  EXPECT_EQ(json["budget"]["p99_ms"], 1000.0);
  EXPECT_EQ(json["rollout"]["strategy"], "blue-green");
  EXPECT_EQ(json["rollout"]["bake_s"], 0.0);
  EXPECT_EQ(json["cases"]["consent"], false);
  EXPECT_TRUE(Gates{}.AtOnce());
  const auto canary = ReadGates(*ParseJson(R"({"rollout":{"strategy":"canary"}})"), "gates");
  ASSERT_TRUE(canary);
  EXPECT_EQ(canary->plan.BakeSeconds(), 60);
  EXPECT_FALSE(canary->AtOnce());
}

TEST(Gates, WrittenAndReadAgain) {
  const auto gates = ReadGates(*ParseJson(R"({
    "golden":{"dataset":"d@2","split":"t","samples":10,"seed":3,"margin":0.1,"confidence":0.9},
    "shadow":{"percent":20,"minimum":5,"most_net_loss":1,"confidence":0.9},
    "budget":{"p99_ms":5,"errors":0.1,"window_s":2,"minimum":3},
    "rollout":{"strategy":"canary","shares":[2.5,100],"bake_s":0.5},
    "cases":{"consent":true,"most":7,"below":0.9},
    "drift":{"sample":100,"minimum":20,"stability":0.3}})"),
                               "gates");
  ASSERT_TRUE(gates) << gates.error().ToString();
  EXPECT_EQ(gates->golden->samples, 10);
  EXPECT_EQ(gates->plan.shares, (std::vector<double>{2.5, 100}));
  const auto again = ReadGates(GatesJson(*gates), "gates");
  ASSERT_TRUE(again);
  EXPECT_EQ(*again, *gates);
}

TEST(Gates, WrongOnesAreNamed) {
  EXPECT_EQ(WrongWith(R"({"golden":{}})"), "gates: golden: field 'dataset' is missing");
  EXPECT_EQ(WrongWith(R"({"golden":{"dataset":"d","margin":2}})"),
            "gates: golden: field 'margin' is 2; it must be in 0..1");
  EXPECT_EQ(WrongWith(R"({"budget":{"p99":2}})"), "gates: budget: unknown field 'p99'");
  EXPECT_EQ(WrongWith(R"({"rollout":{"strategy":"slow"}})"),
            "gates: rollout: field 'strategy' must be blue-green or canary");
  EXPECT_EQ(WrongWith(R"({"rollout":{"shares":[50,5,100]}})"),
            "gates: rollout: field 'shares' must ascend, above 0, to 100");
  EXPECT_EQ(WrongWith(R"({"rollout":{"shares":[]}})"),
            "gates: rollout: field 'shares' must be 1 to 32 shares, the last of them 100");
  EXPECT_EQ(WrongWith(R"({"drift":{"sample":50,"minimum":51}})"),
            "gates: drift: field 'minimum' is more than the sample holds");
  EXPECT_EQ(WrongWith(R"({"shadow":{"percent":101}})"),
            "gates: shadow: field 'percent' is 101; it must be in 0..100");
}

TEST(RolloutRecord, WrittenAndReadAgain) {
  RolloutInfo rollout;
  rollout.name = RolloutName("s", "3");
  rollout.service = "s";
  rollout.from = {"2", "m@1"};
  rollout.to = {"3", "m@2"};
  rollout.gates.plan.strategy = RolloutStrategy::kCanary;
  rollout.by = "me";
  rollout.asked_ms = 17;
  rollout.state = RolloutState::kPaused;
  rollout.paused_from = RolloutState::kCanary;
  rollout.step = 2;
  rollout.shadow.compared = 9;
  rollout.shadow.labelled = {1, 2, 3, 4};
  rollout.examples = {{"id", 1, 2, -1, {0.5}, {0.25, 0.75}}};
  for (int i = 0; i < 300; ++i) {
    rollout.history.push_back({i,
                               "gates",
                               RolloutState::kCanary,
                               i % 4,
                               {.action = RolloutAction::kAdvance, .reason = "r", .figures = {{"f", i}}}});
  }
  EXPECT_EQ(rollout.SharePercent(), 25);
  const Record record{.kind = "rollout",
                      .name = rollout.name,
                      .spec = RolloutSpecText(rollout),
                      .status = RolloutStatusText(rollout)};
  const auto read = ReadRollout(record);
  ASSERT_TRUE(read) << read.error().ToString();
  EXPECT_EQ(RolloutSpecText(*read), record.spec);
  EXPECT_EQ(RolloutStatusText(*read), record.status);
  EXPECT_EQ(read->history.size(), 200u);
  EXPECT_EQ(read->history.back().decision.figures[0].second, 299);
  EXPECT_EQ(read->examples, rollout.examples);
  EXPECT_EQ(read->shadow, rollout.shadow);
}

}  // namespace
}  // namespace sinter
