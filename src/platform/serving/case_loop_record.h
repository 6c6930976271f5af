// What a service's kept cases become by themselves, as it is kept: what is wanted, and how far the round
// under way is.
//   case_loop   SERVICE    spec: CaseLoopSpecJson; status: CaseRoundText
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/json.h"
#include "platform/records/record.h"

namespace sinter {

inline constexpr std::string_view kCaseLoopKind = "case_loop";

struct CaseLoopSpec {
  int64_t after = 100;  // so many kept cases, that no labelling has yet, become one
  int64_t labellers = 1;
  std::string review = "none";  // "none", "disagreements", "all"
  std::string instructions;
  // A data set, behind whose rows of `into_split` the labelled ones go; empty: they stay by themselves.
  std::string into, into_split = "train";
  // A recipe, which trains on what the labels became; empty: nothing does.
  std::string retrain;
  bool rollout = false;  // what was trained goes through the service's gates; else a person begins that
  bool operator==(const CaseLoopSpec&) const = default;
};
// {"labelling":{"after","labellers","review","instructions"},"into":{"dataset","split"} or null,
// "retrain":text or null,"rollout"}; what is absent has its default. kInvalidArgument: unknown fields, values
// out of range, a rollout of nothing.
Result<CaseLoopSpec> ReadCaseLoopSpec(const Json& json);
Json CaseLoopSpecJson(const CaseLoopSpec& spec);

enum class CasePhase : uint8_t {
  kOver,       // and before the first
  kOpening,    // the cases are a version; the labelling is to be made, and they are to be forgotten
  kLabelling,  // people label
  kTraining,   // a job trains on what they committed
  kRollingOut  // its model is to go through the service's gates
};
std::string_view CasePhaseName(CasePhase phase);  // "over", "opening", "labelling", "training", "rolling out"

struct CaseRound {
  CasePhase phase = CasePhase::kOver;
  std::string digest;   // of its cases; what the round makes is named by it; empty: there was none yet
  std::string dataset;  // the version that holds them: "fashion-cases@3"
  int64_t rows = 0;
  std::vector<std::string> cases;  // their digests
  std::string labelling;           // its name
  std::string version;             // that its labels became: "fashion-cases@4", or of `into`
  std::string job, run, model;     // that train on it, and what came of it: "fashion@5"
  std::string message;             // how the round ended
  bool operator==(const CaseRound&) const = default;
};
std::string CaseRoundText(const CaseRound& round);
// "{}" is a round that is over, and was none.
Result<CaseRound> ReadCaseRound(std::string_view text);
Json CaseRoundJson(const CaseRound& round);  // without the digests of single cases

struct CaseLoopInfo {
  std::string service;
  CaseLoopSpec spec;
  CaseRound round;
  std::string created_by;  // who owns what the rounds make
};
Result<CaseLoopInfo> ReadCaseLoop(const Record& record);

}  // namespace sinter
