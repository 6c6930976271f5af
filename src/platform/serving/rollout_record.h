// A rollout as it is kept: what is to replace what, how far it came, and every decision on the way.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "platform/records/record.h"
#include "platform/serving/decision_json.h"
#include "platform/serving/gates.h"
#include "platform/serving/rollout.h"

namespace sinter {

inline constexpr std::string_view kRolloutKind = "rollout";

// One line of a rollout's history: a decision, and what it led to.
struct RolloutStep {
  int64_t at_ms = 0;
  std::string by;  // a person, or "gates"
  RolloutState state = RolloutState::kLoading;
  int64_t step = 0;
  RolloutDecision decision;
};

// A request that the two revisions answered differently.
struct Disagreement {
  std::string id;                                 // of the request; empty: it had none
  int64_t live_class = -1, candidate_class = -1;  // -1: the model has no classes
  int64_t label = -1;                             // -1: nobody said yet
  std::vector<double> live, candidate;            // the first numbers of the answers, 16 at most
  bool operator==(const Disagreement&) const = default;
};

struct RolloutInfo {
  std::string name;  // "SERVICE/REVISION", of the candidate
  // What is wanted.
  std::string service;
  RevisionRef from;  // empty: nothing answers
  RevisionRef to;
  Gates gates;
  std::string by;
  int64_t asked_ms = 0;
  // What is.
  RolloutState state = RolloutState::kLoading;
  RolloutState paused_from = RolloutState::kLoading;
  int64_t step = 0;                    // of a canary: index of its share
  std::vector<RolloutStep> history;    // the last 200, oldest first
  ShadowCounts shadow;                 // as of the last line of the history
  std::vector<Disagreement> examples;  // the first 16
  // Of this process, not of the record: the latest decision, with figures of this moment.
  RolloutDecision now;
  double seconds = 0;           // in this state and step
  double SharePercent() const;  // of live requests that the candidate answers
};

std::string RolloutName(std::string_view service, std::string_view revision);
std::string RolloutSpecText(const RolloutInfo& rollout);
std::string RolloutStatusText(const RolloutInfo& rollout);
Result<RolloutInfo> ReadRollout(const Record& record);

// For the record and for people alike.
Json ShadowJson(const ShadowCounts& counts);
Json DisagreementJson(const Disagreement& example);

}  // namespace sinter
