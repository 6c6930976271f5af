#include "platform/serving/gates.h"

#include <cmath>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

namespace sinter {
namespace {

constexpr size_t kMostShares = 32;
constexpr double kMostSeconds = 30.0 * 24 * 3600;

void Within(JsonReader& reader, std::string_view field, double value, double lo, double hi) {
  if (!(value >= lo && value <= hi))
    reader.Fail(field, fmt::format("is {}; it must be in {}..{}", value, lo, hi));
}

double Bounded(JsonReader& reader, std::string_view field, double otherwise, double lo, double hi) {
  const double value = reader.Number(field, otherwise);
  Within(reader, field, value, lo, hi);
  return value;
}

int64_t Count(JsonReader& reader, std::string_view field, int64_t otherwise, int64_t lo, int64_t hi) {
  const int64_t value = reader.Int(field, otherwise);
  if (value < lo || value > hi) reader.Fail(field, fmt::format("is {}; it must be in {}..{}", value, lo, hi));
  return value;
}

Result<GoldenGate> ReadGolden(const Json& json, const std::string& where) {
  JsonReader reader(json, where + ": golden");
  GoldenGate gate;
  gate.dataset = reader.String("dataset");
  gate.split = reader.String("split", gate.split);
  gate.target = reader.String("target", gate.target);
  const std::string error = reader.String("error", ErrorKindName(gate.error));
  if (error == ErrorKindName(ErrorKind::kSquared))
    gate.error = ErrorKind::kSquared;
  else if (error != ErrorKindName(ErrorKind::kAbsolute))
    reader.Fail("error", "must be absolute or squared");
  gate.samples = Count(reader, "samples", gate.samples, 1, 1'000'000);
  gate.seed = Count(reader, "seed", gate.seed, 0, INT64_MAX);
  gate.margin = Bounded(reader, "margin", gate.margin, 0, 1);
  gate.confidence = Bounded(reader, "confidence", gate.confidence, 0.5, 0.9999);
  TRY_STATUS(reader.Finish());
  return gate;
}

Result<ShadowGate> ReadShadow(const Json& json, const std::string& where) {
  JsonReader reader(json, where + ": shadow");
  ShadowGate gate;
  gate.percent = Bounded(reader, "percent", gate.percent, 0, 100);
  gate.minimum = Count(reader, "minimum", gate.minimum, 1, 1'000'000'000);
  gate.most_net_loss = Count(reader, "most_net_loss", gate.most_net_loss, 0, 1'000'000'000);
  gate.confidence = Bounded(reader, "confidence", gate.confidence, 0.5, 0.9999);
  TRY_STATUS(reader.Finish());
  return gate;
}

Result<ServiceBudget> ReadBudget(const Json& json, const std::string& where) {
  JsonReader reader(json, where + ": budget");
  ServiceBudget budget;
  budget.p99_ms = Bounded(reader, "p99_ms", budget.p99_ms, 0.001, 1e6);
  budget.errors = Bounded(reader, "errors", budget.errors, 0, 1);
  budget.window_s = Bounded(reader, "window_s", budget.window_s, 0.1, kMostSeconds);
  budget.minimum = Count(reader, "minimum", budget.minimum, 1, 1'000'000'000);
  TRY_STATUS(reader.Finish());
  return budget;
}

Result<RolloutPlan> ReadPlan(const Json& json, const std::string& where) {
  JsonReader reader(json, where + ": rollout");
  RolloutPlan plan;
  const std::string strategy = reader.String("strategy", RolloutStrategyName(plan.strategy));
  if (strategy == RolloutStrategyName(RolloutStrategy::kCanary))
    plan.strategy = RolloutStrategy::kCanary;
  else if (strategy != RolloutStrategyName(RolloutStrategy::kBlueGreen))
    reader.Fail("strategy", "must be blue-green or canary");
  if (reader.Has("shares")) {
    plan.shares = reader.Numbers("shares");
    double before = 0;
    for (const double share : plan.shares) {
      if (!(share > before && share <= 100)) {
        reader.Fail("shares", "must ascend, above 0, to 100");
        break;
      }
      before = share;
    }
    if (plan.shares.size() > kMostShares || before != 100)
      reader.Fail("shares", fmt::format("must be 1 to {} shares, the last of them 100", kMostShares));
  }
  if (reader.Has("bake_s")) plan.bake_s = Bounded(reader, "bake_s", 0, 0, kMostSeconds);
  TRY_STATUS(reader.Finish());
  return plan;
}

Result<CaseKeeping> ReadCases(const Json& json, const std::string& where) {
  JsonReader reader(json, where + ": cases");
  CaseKeeping cases;
  cases.consent = reader.Bool("consent", cases.consent);
  cases.most = Count(reader, "most", cases.most, 1, 100'000);
  cases.below = Bounded(reader, "below", cases.below, 0, 1);
  TRY_STATUS(reader.Finish());
  return cases;
}

Result<DriftLimits> ReadDrift(const Json& json, const std::string& where) {
  JsonReader reader(json, where + ": drift");
  DriftLimits drift;
  drift.sample = Count(reader, "sample", drift.sample, 10, 100'000);
  drift.minimum = Count(reader, "minimum", drift.minimum, 10, 100'000);
  drift.stability = Bounded(reader, "stability", drift.stability, 0.01, 100);
  if (drift.minimum > drift.sample) reader.Fail("minimum", "is more than the sample holds");
  TRY_STATUS(reader.Finish());
  return drift;
}

}  // namespace

std::string_view ErrorKindName(ErrorKind kind) {
  return kind == ErrorKind::kSquared ? "squared" : "absolute";
}

std::string_view RolloutStrategyName(RolloutStrategy strategy) {
  return strategy == RolloutStrategy::kCanary ? "canary" : "blue-green";
}

Json GatesJson(const Gates& gates) {
  Json golden = nullptr;
  if (gates.golden) {
    golden = {{"dataset", gates.golden->dataset}, {"split", gates.golden->split},
              {"target", gates.golden->target},   {"error", ErrorKindName(gates.golden->error)},
              {"samples", gates.golden->samples}, {"seed", gates.golden->seed},
              {"margin", gates.golden->margin},   {"confidence", gates.golden->confidence}};
  }
  return {
      {"golden", std::move(golden)},
      {"shadow",
       {{"percent", gates.shadow.percent},
        {"minimum", gates.shadow.minimum},
        {"most_net_loss", gates.shadow.most_net_loss},
        {"confidence", gates.shadow.confidence}}},
      {"budget",
       {{"p99_ms", gates.budget.p99_ms},
        {"errors", gates.budget.errors},
        {"window_s", gates.budget.window_s},
        {"minimum", gates.budget.minimum}}},
      {"rollout",
       {{"strategy", RolloutStrategyName(gates.plan.strategy)},
        {"shares", gates.plan.shares},
        {"bake_s", gates.plan.BakeSeconds()}}},
      {"cases", {{"consent", gates.cases.consent}, {"most", gates.cases.most}, {"below", gates.cases.below}}},
      {"drift",
       {{"sample", gates.drift.sample},
        {"minimum", gates.drift.minimum},
        {"stability", gates.drift.stability}}}};
}

Result<Gates> ReadGates(const Json& json, const std::string& where) {
  JsonReader reader(json, where);
  Gates gates;
  if (const Json* golden = reader.Any("golden"); golden != nullptr && !golden->is_null()) {
    TRY(gates.golden, ReadGolden(reader.Object("golden"), where));
  }
  TRY(gates.shadow, ReadShadow(reader.OptionalObject("shadow"), where));
  TRY(gates.budget, ReadBudget(reader.OptionalObject("budget"), where));
  TRY(gates.plan, ReadPlan(reader.OptionalObject("rollout"), where));
  TRY(gates.cases, ReadCases(reader.OptionalObject("cases"), where));
  TRY(gates.drift, ReadDrift(reader.OptionalObject("drift"), where));
  TRY_STATUS(reader.Finish());
  return gates;
}

}  // namespace sinter
