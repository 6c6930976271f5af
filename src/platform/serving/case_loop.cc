#include "platform/serving/case_loop.h"

#include <fmt/format.h>

#include "base/hash.h"

namespace sinter {
namespace {

using Kind = CaseAction::Kind;

constexpr size_t kDigestDigits = 16, kRoundDigits = 12;

CaseAction Finish(std::string message) { return {Kind::kFinish, std::move(message)}; }

CaseAction AfterJob(const CaseSnapshot& snapshot) {
  const CaseSnapshot::Job& job = *snapshot.job;
  const CaseRound& round = snapshot.round;
  if (job.state == JobState::kCancelled) return Finish(fmt::format("job {} was cancelled", round.job));
  if (job.state == JobState::kFailed) return Finish(fmt::format("job {} failed: {}", round.job, job.reason));
  if (job.model.empty()) return Finish(fmt::format("job {} made no model", round.job));
  // Without the spec's word a person decides.
  return {Kind::kOffer,
          snapshot.spec.rollout ? "" : fmt::format("model {} waits for whoever rolls it out", job.model)};
}

Decision<CaseAction> DecideRound(const CaseSnapshot& snapshot) {
  const CaseRound& round = snapshot.round;
  switch (round.phase) {
    case CasePhase::kOpening:
      if (snapshot.taken > 0) return {{{Kind::kForget, {}}, {Kind::kOpen, {}}}, {}};
      return {{{Kind::kOpen, {}}}, {}};
    case CasePhase::kLabelling:
      if (snapshot.labelling == CaseSnapshot::Labelling::kAbsent)
        return {{Finish(fmt::format("labelling {} was removed", round.labelling))}, {}};
      if (snapshot.labelling == CaseSnapshot::Labelling::kUncommitted) return {{}, kCaseLook};
      if (snapshot.spec.retrain.empty() && snapshot.spec.into.empty())
        return {{Finish(fmt::format("its labels are {}", snapshot.committed))}, {}};
      return {{{Kind::kTrain, {}}}, {}};
    case CasePhase::kTraining:
      if (!snapshot.job) return {{{Kind::kSubmit, {}}}, kCaseLook};
      if (!IsOver(snapshot.job->state)) return {{}, kCaseLook};
      return {{AfterJob(snapshot)}, {}};
    case CasePhase::kRollingOut:
      if (snapshot.rolled_out) return {{Finish(fmt::format("a rollout of {} was begun", round.model))}, {}};
      if (snapshot.rollout_busy) return {{}, kCaseLook};
      return {{{Kind::kRollOut, {}}}, {}};
    case CasePhase::kOver:
      break;
  }
  return {};
}

}  // namespace

std::string CaseDigest(const HardCase& one) {
  Sha256 hash;
  const std::string head = fmt::format("{} {} {} ", one.at_ms, one.revision, one.index);
  hash.Update(std::string_view(head));
  for (const CaseInput& input : one.inputs) {
    hash.Update(std::string_view(input.name));
    hash.Update(std::span(input.row.raw(), input.row.bytes()));
  }
  return hash.Finish().Hex().substr(0, kDigestDigits);
}

std::string CasesDigest(std::span<const std::string> digests) {
  std::string all;
  for (const std::string& digest : digests) all += digest;
  return HashText(all).Hex().substr(0, kRoundDigits);
}

Decision<CaseAction> DecideCaseLoop(const CaseSnapshot& snapshot) {
  if (!snapshot.loop) return {};
  if (!snapshot.service) return {{{Kind::kDrop, {}}}, {}};
  if (snapshot.round.phase != CasePhase::kOver) {
    // A job that runs goes on; nothing follows from it.
    if (!snapshot.consent) return {{Finish("the consent to keep cases was withdrawn")}, {}};
    return DecideRound(snapshot);
  }
  if (!snapshot.consent) return {};  // the service's record wakes the loop
  Decision<CaseAction> decision{{}, kCaseLook};
  // Of a round that ended before they were.
  if (snapshot.taken > 0) decision.actions.push_back({Kind::kForget, {}});
  if (snapshot.fresh >= snapshot.spec.after) decision.actions.push_back({Kind::kBegin, {}});
  return decision;
}

}  // namespace sinter
