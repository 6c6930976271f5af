// All services of a server: deployed, rolled out and back, kept in the records, loaded again at the start.
#pragma once

#include <atomic>
#include <condition_variable>
#include <map>
#include <memory>
#include <mutex>
#include <shared_mutex>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "base/clock.h"
#include "platform/records/records.h"
#include "platform/serving/drift_watch.h"
#include "platform/serving/model_source.h"
#include "platform/serving/rollout_driver.h"
#include "platform/serving/service.h"
#include "platform/serving/service_record.h"

namespace sinter {

struct NewService {
  std::string name;
  std::string model;
  BatchLimits limits;
  bool open = true;
  Gates gates = {};
  Scaling scaling = {};
};

// For metrics: of this process alone.
struct RolloutStats {
  std::string service;
  std::optional<RolloutState> state;  // of the latest rollout; empty: there was none
  double share = 0;                   // percent of the live requests that its candidate answers
  std::vector<RolloutDecisionCount> decisions;
};

// Any thread. Deploy, Rollout and Start take as long as loading a model does: not for a thread that answers
// requests. What it is given outlives it.
class Services {
 public:
  // `golden`: where golden sets come from; null: there are none. `home`: whose services these are; those of
  // other servers on the same records are listed, and neither loaded nor rolled out here.
  Services(Records& records, ModelSource& models, const Clock& clock = Clock::Real(),
           GoldenSource* golden = nullptr, std::string home = {})
      : records_(records), models_(models), clock_(clock), golden_(golden), home_(std::move(home)) {}
  ~Services();

  // Loads what the records want. A service whose model cannot be loaded stays, not ready, and says why.
  // Rollouts that were under way go on as RolloutDriver::Resumed says.
  Status Start();
  // Answers what waits, takes no more. The records stay.
  void Stop();

  // kAlreadyExists; kNotFound (the model); kConflict where the decision is to refuse.
  Result<ServiceInfo> Deploy(const NewService& wanted, std::string_view who);
  // Begins a rollout, which goes through the service's gates by itself. kConflict where one is under way.
  Result<RolloutInfo> StartRollout(std::string_view name, std::string_view model, std::string_view who);
  // The same, and waits until it is over. kConflict, with the reason, where it ended without the switch: then
  // the current revision goes on, and the history holds why.
  Result<ServiceInfo> Rollout(std::string_view name, std::string_view model, std::string_view who,
                              std::chrono::nanoseconds patience = std::chrono::hours(24));
  // Promotes, aborts, pauses or resumes the rollout under way. kConflict where there is none, or it cannot.
  Result<RolloutInfo> Steer(std::string_view name, PersonsWish wish, std::string_view reason,
                            std::string_view who);
  // The one of that revision; empty: the one under way, or the latest.
  Result<RolloutInfo> ShowRollout(std::string_view name, std::string_view revision = {});
  Result<std::vector<RolloutInfo>> Rollouts(std::string_view name);  // the latest 200, newest first
  // The true class of a request, by the id that it came with: true where the rollout under way asks for it.
  Result<bool> Label(std::string_view name, std::string_view id, int64_t label);
  // Live traffic against the golden set. kConflict where the service has none, or it changes just now;
  // kUnavailable: it sleeps, and its revision has not been asked yet.
  Result<DriftReport> Drift(std::string_view name);
  // Where a service keeps cases and has a golden set: asks its revision about that, unless it has, and from
  // then on requests that look otherwise are kept as well. A service that sleeps is left so. kConflict: the
  // gates changed meanwhile.
  Status LearnUsual(std::string_view name);
  // What is learned now is given up, and nothing more is: the server stops.
  void StopLearning();
  // What the next rollouts must pass.
  Result<ServiceInfo> SetGates(std::string_view name, const Gates& gates, std::string_view who);
  // Lets go of what the service has loaded; the next request, which is held meanwhile, has it loaded again.
  Result<ServiceInfo> Unload(std::string_view name);
  Result<ServiceInfo> SetScaling(std::string_view name, const Scaling& scaling, std::string_view who);
  // At once: the revision before is warm. kConflict where there is none. A rollback of a rollback goes
  // forward. While a new revision is watched after its switch, it is the rollout that is aborted; before the
  // switch there is nothing to roll back: kConflict.
  Result<ServiceInfo> Rollback(std::string_view name, std::string_view who);
  Status Delete(std::string_view name, std::string_view who);
  Result<ServiceInfo> Show(std::string_view name);
  // By name: all of them; or a page (limit: 1 to 1,000), whose `next` is where the next one starts after.
  Result<std::vector<ServiceInfo>> List();
  struct Page {
    std::vector<ServiceInfo> services;
    std::string next;  // empty: it is the last
  };
  Result<Page> List(std::string_view after, int limit);

  // For requests: null where there is none of that name. No lock is held after.
  std::shared_ptr<Service> Find(std::string_view name) const;
  // Whether who asks it on loopback needs no token.
  bool IsOpen(std::string_view name) const;
  std::vector<ServiceStats> Stats() const;
  std::vector<RolloutStats> StatsOfRollouts() const;
  bool ready() const;  // all that are wanted are loaded

 private:
  struct Entry : std::enable_shared_from_this<Entry> {
    std::mutex changing;  // one deploy, rollout or rollback of a service at a time
    std::shared_ptr<Service> service;
    bool open = true;
    std::string problem;                    // guarded by entries_mutex_
    RolloutCounts counts;                   // before the driver, which counts
    std::shared_ptr<RolloutDriver> driver;  // of the latest rollout; guarded by entries_mutex_
    Scaling scaling;                        // guarded by entries_mutex_
    int least_workers = 1;                  // likewise
    std::atomic<bool> wanted{false};        // it sleeps, and a request has come
    // Of the scaler's thread.
    const Replica* looked_at = nullptr;
    uint64_t requests_seen = 0;
    double last_request = 0;
    int busy_looks = 0, quiet_looks = 0;
    // What the golden set looks like to a revision; asked once for each set and revision.
    std::mutex measuring;
    std::string reference_of;  // ReferenceKey
    std::string reference_dataset;
    TrafficRows reference;
    // Whoever changes the gates does not wait for what is being learned by the old ones, and it is not kept.
    std::mutex learning_mutex;
    CancelSource learning;
    std::string learned;  // of which reference the service knows what is usual
  };
  std::shared_ptr<Entry> FindEntry(std::string_view name) const;
  Result<std::shared_ptr<Entry>> NeedEntry(std::string_view name) const;
  Result<std::shared_ptr<Replica>> LoadReplica(const RevisionRef& revision, const BatchLimits& limits,
                                               const Scaling& scaling);
  void Restore(const ServiceInfo& wanted);
  Result<ServiceInfo> Write(std::string_view name, std::string_view who,
                            const std::function<void(ServiceInfo&)>& change);
  bool IsOwn(const ServiceInfo& info) const { return info.home.empty() || info.home == home_; }
  ServiceInfo WithState(ServiceInfo info) const;
  std::shared_ptr<RolloutDriver> DriverOf(const Entry& entry) const;
  void Drive(const std::shared_ptr<Entry>& entry, const BatchLimits& limits, RolloutInfo rollout);
  void ResumeRollout(const ServiceInfo& service);
  void Scale();
  void ScaleOne(Entry& entry);
  // Under `changing`: a service that sleeps is loaded again, and answers what it holds.
  Status Wake(Entry& entry);
  // The service's revision, golden gate, and which version of the set that is.
  Result<std::string> ReferenceKey(const ServiceInfo& info);
  // Under `measuring`, both. Begun before the gates are read, what is learned by gates that change is
  // cancelled.
  CancelToken BeginLearning(Entry& entry) const;
  Status LearnReference(Entry& entry, const ServiceInfo& info, Replica& replica, const CancelToken& cancel);
  bool LetSleep(Entry& entry, const Replica& replica);
  void PokeScaler();
  Status DeleteRollouts(std::string_view name, std::string_view who);

  Records& records_;
  ModelSource& models_;
  const Clock& clock_;
  GoldenSource* const golden_;
  const std::string home_;
  std::atomic<bool> learning_stops_{false};
  std::mutex scaler_mutex_;
  std::condition_variable scaler_wakes_;
  bool scaler_poked_ = false, scaler_stops_ = false;
  std::thread scaler_;
  mutable std::shared_mutex entries_mutex_;
  std::map<std::string, std::shared_ptr<Entry>, std::less<>> entries_;
};

}  // namespace sinter
