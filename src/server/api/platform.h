// Everything that the server keeps, opened once.
#pragma once

#include <memory>

#include "platform/data/retention.h"
#include "platform/hub/home.h"
#include "platform/hub/live_blobs.h"
#include "platform/hub/quota.h"
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
#include "platform/tracking/tracking.h"
#include "server/api/change_feed.h"
#include "server/api/lineage_index.h"
#include "server/api/service_meter.h"

namespace sinter {

class Labellings;
class ModelPrelabels;
class Upkeep;

// Any thread.
class Platform {
 public:
  ~Platform();
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
  // What became what.
  LineageIndex& lineage() { return lineage_; }
  // Versions of data sets that are older than they may be kept.
  Retention& retention() { return retention_; }
  StoreQuotas& quotas() { return quotas_; }
  Tokens& tokens() { return tokens_; }
  Runs& runs() { return runs_; }
  // The same runs and models as MLflow's clients know them.
  Tracking& tracking() { return tracking_; }
  // Whoever follows the records over HTTP.
  ChangeFeed& changes() { return changes_; }
  // Start() loads what the records want; until then there is none.
  Services& services() { return services_; }

  // Start() goes on with prelabels; a labelling that is made has its own made in any case.
  Labellings& labellings() { return *labellings_; }

  // What each kind of record needs.
  const RecordRules& record_rules() const { return *record_rules_; }
  // Of whoever collects garbage: one at a time.
  PackPointers& pack_pointers() { return pack_pointers_; }
  // Long work on the whole home.
  Upkeep& upkeep() { return *upkeep_; }

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
  StoreQuotas quotas_;
  Repositories datasets_;
  Repositories models_;
  LineageIndex lineage_;
  Retention retention_;
  Tokens tokens_;
  Runs runs_;
  Tracking tracking_;
  ChangeFeed changes_;
  HubModelSource model_source_;
  HubGoldenSource golden_source_;
  Services services_;  // from here on: their threads stop before what they use goes
  std::unique_ptr<ModelPrelabels> prelabels_;
  std::unique_ptr<Labellings> labellings_;
  std::string origin_;
  std::unique_ptr<Launcher> launcher_;
  std::unique_ptr<Jobs> jobs_;
  std::unique_ptr<const RecordRules> record_rules_;
  PackPointers pack_pointers_;
  std::unique_ptr<Upkeep> upkeep_;
  std::unique_ptr<Sweeps> sweeps_;
  Leases leases_;
  std::unique_ptr<ControllerLoop> sweep_loop_;
  std::unique_ptr<ServiceMeter> service_meter_;
};

}  // namespace sinter
