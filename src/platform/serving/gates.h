// What a new revision of a service must show before it takes over, as the service's spec says it.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/json.h"

namespace sinter {

// How far a number is off what it should be.
enum class ErrorKind { kAbsolute, kSquared };
std::string_view ErrorKindName(ErrorKind kind);  // "absolute", "squared"

// The candidate may not be worse than the live revision on labelled examples. Where what they say is a class:
// the lower end of the paired interval of (accuracy of the candidate - accuracy of the live one) must not be
// below -margin. Where it is a number, or several: the upper end of the paired interval of (error of the
// candidate - error of the live one) must not be above margin times the live one's mean error.
struct GoldenGate {
  std::string dataset;  // "fashion" or "fashion@3": resolved when the rollout begins
  std::string split = "test";
  // The column that says what is right. Empty: the data set's label; for a model without classes, the only
  // column of numbers or vectors that is none of its inputs.
  std::string target = {};
  ErrorKind error = ErrorKind::kAbsolute;  // of numbers; of several their mean
  int64_t samples = 2000;                  // drawn by `seed`; all where the split has fewer
  int64_t seed = 1;
  double margin = 0.02;
  double confidence = 0.95;
  bool operator==(const GoldenGate&) const = default;
};

// Copies of live requests, answered by the candidate for nobody.
struct ShadowGate {
  double percent = 0;         // of the requests; 0: no shadow
  int64_t minimum = 200;      // compared answers, before it is judged
  int64_t most_net_loss = 0;  // disagreements with a label that the live one has right, less the other way
  double confidence = 0.95;   // of McNemar's test: a net loss that chance explains is none yet
  bool operator==(const ShadowGate&) const = default;
};

// What clients may expect of the service, whoever answers.
struct ServiceBudget {
  double p99_ms = 1000;   // from the queue to the answer
  double errors = 0.01;   // share of requests
  double window_s = 60;   // over which both are taken
  int64_t minimum = 100;  // requests in it, before it is judged
  bool operator==(const ServiceBudget&) const = default;
};

enum class RolloutStrategy { kBlueGreen, kCanary };
std::string_view RolloutStrategyName(RolloutStrategy strategy);  // "blue-green", "canary"

struct RolloutPlan {
  RolloutStrategy strategy = RolloutStrategy::kBlueGreen;
  std::vector<double> shares = {1, 5, 25, 50, 100};  // of a canary: percent, ascending to 100
  // How long each share is watched, and the new revision after the switch; absent: 60 for a canary, 0 (done
  // at once) for blue-green.
  std::optional<double> bake_s;
  double BakeSeconds() const { return bake_s.value_or(strategy == RolloutStrategy::kCanary ? 60 : 0); }
  bool operator==(const RolloutPlan&) const = default;
};

// Live requests that are hard or unusual, kept for labelling: with the owner's consent only.
struct CaseKeeping {
  bool consent = false;
  int64_t most = 1000;  // the oldest go first
  double below = 0.6;   // kept where the model's confidence is below this
  bool operator==(const CaseKeeping&) const = default;
};

// Live traffic against the golden set.
struct DriftLimits {
  int64_t sample = 2000;    // remembered requests, the recent ones most
  int64_t minimum = 200;    // fewer: "too few"
  double stability = 0.25;  // an index above this, and above what chance gives, is drift
  bool operator==(const DriftLimits&) const = default;
};

struct Gates {
  std::optional<GoldenGate> golden;
  ShadowGate shadow;
  ServiceBudget budget;
  RolloutPlan plan;
  CaseKeeping cases;
  DriftLimits drift;
  bool operator==(const Gates&) const = default;
  // A rollout ends as soon as the model is loaded and the golden set is judged: nothing waits for traffic.
  bool AtOnce() const {
    return shadow.percent == 0 && plan.strategy == RolloutStrategy::kBlueGreen && plan.BakeSeconds() == 0;
  }
};

// {"golden":null or {...},"shadow":{...},"budget":{...},"rollout":{...},"cases":{...},"drift":{...}}, every
// value written out, so that a reader sees the defaults.
Json GatesJson(const Gates& gates);
// Fields that are absent have their defaults; unknown ones and values out of range are refused by name.
Result<Gates> ReadGates(const Json& json, const std::string& where);

}  // namespace sinter
