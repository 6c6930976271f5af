// What a service finds hard comes back to it by itself: kept cases become a labelling, its labels a version,
// that a model. One round at a time for each service; its record says how far it is. This decides, and
// touches nothing; server/api/case_loops.h does it.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "platform/jobs/job.h"
#include "platform/records/controller.h"
#include "platform/serving/case_loop_record.h"
#include "platform/serving/cases.h"

namespace sinter {

// Of one case: equal ones that came at different moments differ.
std::string CaseDigest(const HardCase& one);
std::string CasesDigest(std::span<const std::string> digests);  // in their order; 12 hex digits

struct CaseSnapshot {
  bool loop = false;     // the service has one
  bool service = false;  // there is a service of that name
  bool consent = false;  // its owner's, to keep cases
  CaseLoopSpec spec;
  CaseRound round;
  int64_t fresh = 0;  // kept cases that the round does not have
  int64_t taken = 0;  // kept cases that it has: to be forgotten
  enum class Labelling : uint8_t { kAbsent, kUncommitted, kCommitted };
  Labelling labelling = Labelling::kAbsent;
  std::string committed;  // of the labelling: "fashion-cases@4"
  struct Job {
    JobState state = JobState::kQueued;
    std::string reason;
    std::string model;  // that its run made; empty: none
  };
  std::optional<Job> job;     // absent: there is none of that id
  bool rolled_out = false;    // a rollout of the round's model was begun, whatever became of it
  bool rollout_busy = false;  // another is under way
};

struct CaseAction {
  enum class Kind : uint8_t {
    kBegin,   // the fresh cases become a version and a round
    kForget,  // the round's cases are kept no longer
    kOpen,    // make the labelling, if it is not there yet
    kTrain,  // put the labelled rows where they are to go; write down the version, and which job trains on it
    kSubmit,  // that job is not there: make it
    kOffer,   // write down the model; `message` empty: it is to be rolled out
    kRollOut,
    kFinish,  // the round is over, `message`
    kDrop     // the service is gone, and its loop with it
  };
  Kind kind = Kind::kBegin;
  std::string message;
  bool operator==(const CaseAction&) const = default;
};

// How often it is looked at: kept cases are no records, and their coming wakes nobody.
inline constexpr std::chrono::milliseconds kCaseLook{3'000};

Decision<CaseAction> DecideCaseLoop(const CaseSnapshot& snapshot);

}  // namespace sinter
