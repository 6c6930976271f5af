#include "server/api/platform.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <thread>

#include <fmt/format.h>

#include "server/api/all_record_rules.h"
#include "server/api/cost_api.h"
#include "server/api/job_api.h"
#include "server/api/label_models.h"
#include "server/api/sweep_api.h"
#include "server/api/upkeep.h"

namespace sinter {
namespace {

const std::string kLocal = "local";

// 0600 from its first moment: the temporary file is made under a mask.
Status WriteSecret(const Path& path, std::string_view text) {
  const mode_t before = ::umask(0077);
  const Status status = WriteFileAtomically(path, text);
  ::umask(before);
  return status;
}

// All cores, and memory but for an eighth that the system and the server have.
JobCapacity MachineCapacity() {
  const auto pages = static_cast<int64_t>(sysconf(_SC_PHYS_PAGES)),
             bytes = static_cast<int64_t>(sysconf(_SC_PAGESIZE));
  return {std::max<int64_t>(1, std::thread::hardware_concurrency()), pages * bytes / 8 * 7};
}

}  // namespace

Result<std::unique_ptr<Platform>> Platform::Open(const Path& folder, const HomeOptions& options,
                                                 const Clock& clock) {
  TRY(auto home, Home::Open(folder, options, clock));
  TRY(auto metrics, MetricStore::Open(home->MetricsPath()));
  TRY(auto costs, CostLedger::Open(home->folder() / "costs.db"));
  TRY(auto partial, PartialBlobs::Open(home->folder() / "store" / "partial", home->store()));
  std::unique_ptr<Platform> platform(
      new Platform(std::move(home), std::move(metrics), std::move(costs), std::move(partial), clock));
  if (platform->home().layout() < Home::kLayout) {
    TRY_STATUS(platform->datasets_.MigrateFromLayout1());
    TRY_STATUS(platform->models_.MigrateFromLayout1());
    TRY_STATUS(platform->home().SetLayout());
  }
  TRY_STATUS(platform->jobs().Open());
  return platform;
}

Platform::Platform(std::unique_ptr<Home> home, std::unique_ptr<MetricStore> metrics,
                   std::unique_ptr<CostLedger> costs, std::unique_ptr<PartialBlobs> partial,
                   const Clock& clock)
    : home_(std::move(home)),
      partial_(std::move(partial)),
      metrics_(std::move(metrics)),
      costs_(std::move(costs)),
      quotas_(*home_),
      datasets_(
          RepositoryKind::kDataset, *home_,
          [this](std::string_view name, const Manifest& manifest) { return quotas_.Admit(name, manifest); }),
      models_(
          RepositoryKind::kModel, *home_,
          [this](std::string_view name, const Manifest& manifest) { return quotas_.Admit(name, manifest); }),
      lineage_(home_->records(), datasets_, models_),
      retention_(home_->records(), datasets_),
      tokens_(home_->records(), clock),
      runs_(home_->records(), home_->store(), clock),
      tracking_(home_->records(), home_->store(), models_, runs_, *metrics_, clock),
      changes_(home_->records()),
      model_source_(models_, home_->store()),
      golden_source_(datasets_, home_->store()),
      services_(home_->records(), model_source_, clock, &golden_source_, home_->id()),
      prelabels_(std::make_unique<ModelPrelabels>(services_, model_source_, models_, home_->store())),
      labellings_(
          std::make_unique<Labellings>(home_->records(), home_->store(), datasets_, *prelabels_, clock)),
      launcher_(MakeLocalLauncher({.keeper = {"/proc/self/exe", "job-keeper"}})),
      record_rules_(std::make_unique<const RecordRules>(AllRecordRules())),
      pack_pointers_(home_->store(), home_->CacheFolder() / "gc"),
      upkeep_(std::make_unique<Upkeep>(*this)),
      // The home's lock lets one server at a time be this holder: after a kill it has its lease at once.
      leases_(home_->records(), "home " + home_->id(), clock) {
  JobsOptions options;
  options.folder = home_->folder() / "jobs";
  options.home = home_->id();
  options.capacity = MachineCapacity();
  options.prepare = [this](const JobInfo& job, JobLaunch& launch) {
    return PrepareTrainingJob(*this, origin_, job, launch);
  };
  options.conclude = [this](const JobInfo& job, const JobAttempt& attempt) {
    ConcludeTrainingJob(*this, job, attempt);
    ChargeJob(*this, job, attempt);
  };
  options.say = [](std::string_view line) { fmt::print(stderr, "{}\n", line); };
  jobs_ = std::make_unique<Jobs>(home_->records(), *launcher_, std::move(options), clock);
  SweepsOptions sweeps;
  sweeps.home = home_->id();
  sweeps.submit = [this](const SweepInfo& sweep, size_t trial) {
    return SubmitSweepTrial(*this, sweep, trial);
  };
  sweeps_ = std::make_unique<Sweeps>(home_->records(), *jobs_, *metrics_, std::move(sweeps));
}

Platform::~Platform() = default;

Status Platform::StartJobs(const std::string& origin) {
  origin_ = origin;
  TRY_STATUS(jobs_->Start());
  ControllerOptions options;
  options.lease = "controller/sweeps/" + home_->id();
  options.on_error = [](const std::string& key, const Error& error) {
    fmt::print(stderr, "sweeps{}{}: {}\n", key.empty() ? "" : " ", key, error.ToString());
  };
  sweep_loop_ = std::make_unique<ControllerLoop>(home_->records(), leases_, *sweeps_, std::move(options));
  TRY_STATUS(ChargeWhatEnded(*this));
  service_meter_ = std::make_unique<ServiceMeter>(services_, *costs_);
  return {};
}

void Platform::StopJobs() {
  service_meter_.reset();
  if (sweep_loop_ != nullptr) sweep_loop_->Stop();
  jobs_->Stop();
}

Result<std::string> Platform::LocalToken() {
  // Servers that share records have a token each.
  const std::string name = home_->shares_records() ? fmt::format("{}.{}", kLocal, home_->id()) : kLocal;
  auto kept = ReadFile(home_->TokenPath(), 4096);
  if (!kept && kept.error().code != ErrorCode::kNotFound) return kept;
  if (kept) {
    while (!kept->empty() && (kept->back() == '\n' || kept->back() == '\r')) kept->pop_back();
    const auto info = tokens_.Check(*kept);
    if (info && info->scope.Allows(TokenScope::Level::kAdmin)) {
      if (::chmod(home_->TokenPath().c_str(), 0600) != 0) {
        return SystemError(errno, "cannot set the mode of", home_->TokenPath());
      }
      return *std::move(kept);
    }
  }
  if (const Status gone = tokens_.Revoke(name, name); !gone && gone.error().code != ErrorCode::kNotFound) {
    return gone.error();
  }
  TRY(std::string token, tokens_.Create(name, {TokenScope::Level::kAdmin, "", 0}, name));
  TRY_STATUS(WriteSecret(home_->TokenPath(), token + "\n"));
  return token;
}

}  // namespace sinter
