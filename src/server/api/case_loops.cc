#include "server/api/case_loops.h"

#include <algorithm>
#include <set>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "platform/labels/labellings.h"
#include "platform/serving/case_table.h"
#include "server/api/case_dataset.h"
#include "server/api/case_files.h"
#include "server/api/clean_api.h"
#include "server/api/job_api.h"
#include "server/api/routes.h"
#include "training/trainer/recipe.h"

namespace sinter {
namespace {

constexpr std::string_view kController = "cases";

// A second try would end alike.
bool Final(const Error& error) {
  return error.code == ErrorCode::kInvalidArgument || error.code == ErrorCode::kNotFound ||
         error.code == ErrorCode::kUnsupported || error.code == ErrorCode::kPermissionDenied;
}

bool IsNone(const Error& error) { return error.code == ErrorCode::kNotFound; }

// Of the labelling and the run of a round.
std::string NameOf(std::string_view service, std::string_view digest) {
  return fmt::format("{}-cases-{}", service, digest);
}

std::set<std::string, std::less<>> TakenOf(const CaseRound& round) {
  return {round.cases.begin(), round.cases.end()};
}

ControllerOptions Options(Platform& platform) {
  ControllerOptions options;
  options.lease = "controller/cases/" + platform.home().id();
  options.on_error = [](const std::string& key, const Error& error) {
    fmt::print(stderr, "cases{}{}: {}\n", key.empty() ? "" : " ", key, error.ToString());
  };
  return options;
}

}  // namespace

std::vector<std::string> CaseLoops::Kinds() const {
  return {std::string(kServiceKind), std::string(kCaseLoopKind), std::string(kLabellingKind)};
}

std::vector<std::string> CaseLoops::KeysOf(const Record& record) const {
  if (record.kind != kLabellingKind) return {record.name};
  // As NameOf has it.
  const size_t at = record.name.rfind("-cases-");
  if (at == std::string::npos || at == 0) return {};
  return {record.name.substr(0, at)};
}

Result<CaseSnapshot> CaseLoops::Observe(const std::string& service) {
  CaseSnapshot snapshot;
  const auto kept = platform_.records().Get(kCaseLoopKind, service);
  if (!kept && IsNone(kept.error())) return snapshot;
  if (!kept) return kept.error();
  TRY(const CaseLoopInfo loop, ReadCaseLoop(*kept));
  snapshot.loop = true;
  snapshot.spec = loop.spec;
  snapshot.round = loop.round;
  const auto record = platform_.records().Get(kServiceKind, service);
  if (!record && IsNone(record.error())) return snapshot;
  if (!record) return record.error();
  TRY(const ServiceInfo info, ReadService(*record));
  snapshot.service = true;
  // Cases are files of the server that answers: another one leaves the loop alone.
  if (!info.home.empty() && info.home != platform_.home().id()) {
    snapshot.loop = false;
    return snapshot;
  }
  snapshot.consent = info.gates.cases.consent;
  if (snapshot.consent) TRY_STATUS(ObserveRound(info, snapshot));
  return snapshot;
}

Status CaseLoops::ObserveRound(const ServiceInfo& service, CaseSnapshot& snapshot) {
  const CaseRound& round = snapshot.round;
  const auto kept = ReadKeptCases(platform_, service.name);
  if (!kept && !IsNone(kept.error())) return kept.error();
  if (kept) {  // else the service is not loaded yet
    const auto taken = TakenOf(round);
    for (const HardCase& one : kept->cases)
      ++(taken.contains(CaseDigest(one)) ? snapshot.taken : snapshot.fresh);
  }
  if (round.phase == CasePhase::kLabelling) {
    const auto record = platform_.records().Get(kLabellingKind, round.labelling);
    if (!record && !IsNone(record.error())) return record.error();
    if (record) {
      TRY(const LabellingInfo labelling, ReadLabelling(*record));
      snapshot.labelling = CaseSnapshot::Labelling::kUncommitted;
      if (labelling.committed) {
        snapshot.labelling = CaseSnapshot::Labelling::kCommitted;
        snapshot.committed = labelling.committed->ref;
      }
    }
  }
  if (round.phase == CasePhase::kTraining) {
    const auto job = platform_.jobs().Get(round.job);
    if (!job && !IsNone(job.error())) return job.error();
    if (job) {
      snapshot.job = CaseSnapshot::Job{job->state, job->reason, ""};
      if (const auto run = platform_.runs().Get(round.run)) snapshot.job->model = run->model;
    }
  }
  if (round.phase == CasePhase::kRollingOut) {
    TRY(const auto rollouts, platform_.services().Rollouts(service.name));
    snapshot.rollout_busy = !service.rollout.empty();
    snapshot.rolled_out =
        service.current.model == round.model ||
        std::ranges::any_of(rollouts, [&](const RolloutInfo& r) { return r.to.model == round.model; });
  }
  return {};
}

Status CaseLoops::Change(const std::string& service, const Fence& fence,
                         const std::function<void(CaseRound&)>& change) {
  constexpr int kTries = 5;
  for (int left = kTries;; --left) {
    TRY(Record record, platform_.records().Get(kCaseLoopKind, service));
    TRY(CaseLoopInfo loop, ReadCaseLoop(record));
    change(loop.round);
    record.status = CaseRoundText(loop.round);
    const RecordWrite write = RecordWrite::Update(record).Under(fence);
    const auto written = platform_.records().Apply({&write, 1}, kController);
    if (written) return {};
    // Somebody changed the spec meanwhile; or the lease is lost, which the next try finds again.
    if (written.error().code != ErrorCode::kConflict || left == 0) return written.error();
  }
}

Status CaseLoops::End(const CaseLoopInfo& loop, const Fence& fence, std::string message) {
  return Change(loop.service, fence, [&](CaseRound& round) {
    round.phase = CasePhase::kOver;
    round.message = std::move(message);
  });
}

Status CaseLoops::Begin(const CaseLoopInfo& loop, const Fence& fence) {
  TRY(KeptCases kept, ReadKeptCases(platform_, loop.service));
  const auto taken = TakenOf(loop.round);
  std::erase_if(kept.cases, [&](const HardCase& one) { return taken.contains(CaseDigest(one)); });
  // The same cases again, after a kill, are the same version: nothing is added.
  TRY(const Json made, WriteCases(platform_, loop.service, kept.cases, fmt::format("{}-cases", loop.service),
                                  loop.created_by, true));
  CaseRound round;
  round.phase = CasePhase::kOpening;
  for (const HardCase& one : kept.cases) round.cases.push_back(CaseDigest(one));
  round.digest = CasesDigest(round.cases);
  round.dataset = made["dataset"];
  round.rows = made["rows"];
  round.labelling = NameOf(loop.service, round.digest);
  return Change(loop.service, fence, [&](CaseRound& now) { now = round; });
}

Status CaseLoops::Open(const CaseLoopInfo& loop, const Fence& fence) {
  Json spec = {{"dataset", loop.round.dataset},
               {"labellers", loop.spec.labellers},
               {"review", loop.spec.review},
               {"instructions", loop.spec.instructions},
               {"prelabel", {{"service", loop.service}}},
               {"choice", "active"}};
  const auto create = [&]() -> Status {
    TRY(LabellingSpec read, ReadLabellingSpec(spec));
    TRY_STATUS(platform_.labellings().Create(loop.round.labelling, std::move(read), loop.created_by));
    return {};
  };
  Status made = create();
  // A model that cannot say such labels is no reason to ask nobody.
  if (!made && made.error().code == ErrorCode::kUnsupported) {
    spec.erase("prelabel");
    spec["choice"] = "in_order";
    made = create();
  }
  if (!made && made.error().code != ErrorCode::kAlreadyExists) {
    if (!Final(made.error())) return made;
    return End(loop, fence, fmt::format("no labelling: {}", made.error().ToString()));
  }
  return Change(loop.service, fence, [](CaseRound& round) { round.phase = CasePhase::kLabelling; });
}

Status CaseLoops::Train(const CaseLoopInfo& loop, const Fence& fence) {
  TRY(const Record record, platform_.records().Get(kLabellingKind, loop.round.labelling));
  TRY(const LabellingInfo labelling, ReadLabelling(record));
  if (!labelling.committed) return {};
  std::string version = labelling.committed->ref;
  if (!loop.spec.into.empty()) {
    auto appended = AppendOnce(loop, version);
    if (!appended && !Final(appended.error())) return std::move(appended).error();
    if (!appended)
      return End(loop, fence,
                 fmt::format("its labels are {}, and stay there: {}", version, appended.error().ToString()));
    version = *std::move(appended);
  }
  if (loop.spec.retrain.empty()) return End(loop, fence, fmt::format("its labels are {}", version));
  return Change(loop.service, fence, [&, job = platform_.jobs().NewId()](CaseRound& round) {
    round.phase = CasePhase::kTraining;
    round.version = version;
    round.job = job;
    round.run = NameOf(loop.service, round.digest);
  });
}

// A server that was killed after it, and before that was written down, finds the version by what it says.
Result<std::string> CaseLoops::AppendOnce(const CaseLoopInfo& loop, const std::string& labelled) {
  Repositories& datasets = platform_.repositories(RepositoryKind::kDataset);
  TRY(const std::vector<RepositoryVersion> versions, datasets.Versions(loop.spec.into));
  for (const RepositoryVersion& version : versions) {
    const Json details = Json::parse(version.details, nullptr, false);
    if (details.is_object() && details.contains("appended") &&
        details["appended"].value("ref", "") == labelled)
      return version.Ref();
  }
  TRY(const Json made,
      AppendToDataset(platform_, loop.spec.into,
                      {{"from", labelled}, {"split", kCaseSplit}, {"to", loop.spec.into_split}},
                      loop.created_by));
  return made["version"].value("ref", "");
}

Status CaseLoops::SubmitOnce(const CaseLoopInfo& loop) {
  const CaseRound& round = loop.round;
  TRY(const RepositoryVersion version, platform_.repositories(RepositoryKind::kDataset).Find(round.version));
  TRY(const Recipe recipe, ParseRecipe(loop.spec.retrain));
  NewRun run;
  run.name = recipe.name;
  run.id = round.run;
  run.recipe = loop.spec.retrain;
  run.dataset = version.Ref();
  run.dataset_version = version.id;
  run.code.sinter = kVersion;
  const auto created = platform_.runs().Create(run, loop.created_by);
  if (!created && created.error().code != ErrorCode::kAlreadyExists) return created.error();
  JobSpec job = TrainingJobSpec();
  const JobCapacity& capacity = platform_.jobs().capacity();
  job.title = fmt::format("train after {}", round.labelling);
  job.owner = loop.created_by;
  job.cpus = capacity.cpus;
  job.memory_bytes = capacity.memory_bytes / 2;
  job.run = round.run;
  job.code.sinter = kVersion;
  const auto submitted = platform_.jobs().Submit(job, loop.created_by, round.job);
  if (!submitted && submitted.error().code != ErrorCode::kAlreadyExists) return submitted.error();
  return {};
}

Status CaseLoops::Submit(const CaseLoopInfo& loop, const Fence& fence) {
  Status made = SubmitOnce(loop);
  if (made || !Final(made.error())) return made;
  return End(loop, fence, fmt::format("no training: {}", made.error().ToString()));
}

Status CaseLoops::RollOut(const CaseLoopInfo& loop, const Fence& fence) {
  const auto begun = platform_.services().StartRollout(loop.service, loop.round.model, loop.created_by);
  if (begun) return {};
  if (!Final(begun.error())) return begun.error();
  return End(loop, fence, fmt::format("no rollout: {}", begun.error().ToString()));
}

Status CaseLoops::Act(const std::string& service, const CaseAction& action, const Fence& fence) {
  using Kind = CaseAction::Kind;
  TRY(const Record record, platform_.records().Get(kCaseLoopKind, service));
  TRY(const CaseLoopInfo loop, ReadCaseLoop(record));
  switch (action.kind) {
    case Kind::kBegin:
      return Begin(loop, fence);
    case Kind::kForget: {
      const auto taken = TakenOf(loop.round);
      return ForgetCasesIf(platform_, service,
                           [&](const HardCase& one) { return taken.contains(CaseDigest(one)); });
    }
    case Kind::kOpen:
      return Open(loop, fence);
    case Kind::kTrain:
      return Train(loop, fence);
    case Kind::kSubmit:
      return Submit(loop, fence);
    case Kind::kOffer: {
      TRY(const RunInfo run, platform_.runs().Get(loop.round.run));
      return Change(service, fence, [&](CaseRound& round) {
        round.model = run.model;
        round.phase = action.message.empty() ? CasePhase::kRollingOut : CasePhase::kOver;
        round.message = action.message;
      });
    }
    case Kind::kRollOut:
      return RollOut(loop, fence);
    case Kind::kFinish:
      return End(loop, fence, action.message);
    case Kind::kDrop: {
      const RecordWrite write = RecordWrite::Delete(record).Under(fence);
      TRY_STATUS(platform_.records().Apply({&write, 1}, kController));
      return {};
    }
  }
  return {};
}

CaseLoopDriver::CaseLoopDriver(Platform& platform)
    : leases_(platform.records(), fmt::format("home {} cases", platform.home().id())),
      loops_(platform),
      loop_(platform.records(), leases_, loops_, Options(platform)) {}

}  // namespace sinter
