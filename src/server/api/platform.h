// Everything that the server keeps, opened once.
#pragma once

#include <memory>

#include "platform/hub/home.h"
#include "platform/hub/repositories.h"
#include "platform/hub/tokens.h"
#include "platform/jobs/jobs.h"
#include "platform/records/controller.h"
#include "platform/runs/cost_ledger.h"
#include "platform/runs/metric_store.h"
#include "platform/runs/runs.h"
#include "platform/runs/sweeps.h"
#include "platform/serving/services.h"
#include "platform/store/partial_blobs.h"
#include "server/api/change_feed.h"
#include "server/api/service_meter.h"

namespace sinter {

// Any thread.
class Platform {
 public:
  static Result<std::unique_ptr<Platform>> Open(const Path& folder, const HomeOptions& options,
                                                const Clock& clock = Clock::Real());
  static Result<std::unique_ptr<Platform>> Open(const Path& folder, const Clock& clock = Clock::Real()) {
    return Open(folder, HomeOptions(), clock);
  }
  Home& home() { return *home_; }
  BlobStore& store() { return home_->store(); }
  PartialBlobs& partial_blobs() { return *partial_; }
  Records& records() { return home_->records(); }
  MetricStore& metrics() { return *metrics_; }
  Repositories& repositories(RepositoryKind kind) {
    return kind == RepositoryKind::kDataset ? datasets_ : models_;
  }
  Tokens& tokens() { return tokens_; }
  Runs& runs() { return runs_; }
  // Whoever follows the records over HTTP.
  ChangeFeed& changes() { return changes_; }
  // Start() loads what the records want; until then there is none.
  Services& services() { return services_; }

  // Jobs are accepted, and wait for a server that runs them.
  Jobs& jobs() { return *jobs_; }
  Sweeps& sweeps() { return *sweeps_; }
  CostLedger& costs() { return *costs_; }
  // From here on they run, and sweeps with them. `origin`: where they find this server.
  Status StartJobs(const std::string& origin);
  void StopJobs();

  // The admin token of whoever owns the home: made at the first start, kept in DIR/token (0600), and made
  // anew where that file is gone or no longer holds a token of this home. The command line finds it there.
  Result<std::string> LocalToken();

 private:
  Platform(std::unique_ptr<Home> home, std::unique_ptr<MetricStore> metrics,
           std::unique_ptr<CostLedger> costs, std::unique_ptr<PartialBlobs> partial, const Clock& clock);
  std::unique_ptr<Home> home_;
  std::unique_ptr<PartialBlobs> partial_;
  std::unique_ptr<MetricStore> metrics_;
  std::unique_ptr<CostLedger> costs_;
  Repositories datasets_;
  Repositories models_;
  Tokens tokens_;
  Runs runs_;
  ChangeFeed changes_;
  HubModelSource model_source_;
  HubGoldenSource golden_source_;
  Services services_;  // from here on: their threads stop before what they use goes
  std::string origin_;
  std::unique_ptr<Launcher> launcher_;
  std::unique_ptr<Jobs> jobs_;
  std::unique_ptr<Sweeps> sweeps_;
  Leases leases_;
  std::unique_ptr<ControllerLoop> sweep_loop_;
  std::unique_ptr<ServiceMeter> service_meter_;
};

}  // namespace sinter
