// Carries one rollout from state to state: looks, lets DecideRollout decide, does it, writes it down.
#pragma once

#include <condition_variable>
#include <functional>
#include <future>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>

#include "base/cancel.h"
#include "base/clock.h"
#include "platform/records/records.h"
#include "platform/serving/golden.h"
#include "platform/serving/model_source.h"
#include "platform/serving/rollout_counts.h"
#include "platform/serving/service.h"
#include "platform/serving/service_record.h"
#include "platform/serving/traffic_window.h"

namespace sinter {

// What a rollout works with; all of it outlives it.
struct RolloutWorld {
  Records& records;
  ModelSource& models;
  GoldenSource* golden = nullptr;  // null: no golden set can be had
  const Clock& clock;
  Service& service;
  BatchLimits limits;
  std::function<void()> on_switched = {};
  RolloutCounts* counts = nullptr;  // null: nobody counts
};

// Any thread asks; a thread of its own does. In the records it stands where it stood when the process ends,
// however that ends: see Resumed.
class RolloutDriver {
 public:
  RolloutDriver(RolloutWorld world, RolloutInfo info);
  ~RolloutDriver();  // Stop()
  RolloutDriver(const RolloutDriver&) = delete;
  RolloutDriver& operator=(const RolloutDriver&) = delete;

  // How a rollout goes on in a new process, in which the live revision answers alone: before the switch from
  // the beginning, for nothing of the candidate is loaded (a paused one stays paused); after it, the new
  // revision is the live one and is watched again for the whole bake time.
  static RolloutInfo Resumed(RolloutInfo kept, int64_t now_ms);

  void Start();
  // Leaves the rollout as it stands in the records. Waits for a model that is being loaded.
  void Stop();
  RolloutInfo Info() const;  // as decided last, with the figures of that moment
  bool over() const;
  // What a person wants, once it is decided: kConflict, with the reason, where the rollout cannot do that.
  Result<RolloutInfo> Wish(PersonsWish wish, std::string_view reason, std::string_view who);
  // Until it is over, or paused and needs a person. False: neither after so long, or it was stopped.
  bool WaitUntilSettled(std::chrono::nanoseconds patience);
  // True where the request is a disagreement that waits for its label.
  bool Label(std::string_view id, int64_t label);

 private:
  struct Asked {
    PersonsWish wish = PersonsWish::kNone;
    std::string reason, who;
    std::promise<Result<RolloutInfo>> answer;
  };
  void Run();
  RolloutSnapshot Observe();
  void ObserveLoading(RolloutSnapshot& snapshot);
  void ObserveGolden(RolloutSnapshot& snapshot);
  Status Do(const RolloutDecision& decision, const std::string& by);
  Status Write(const RolloutInfo& next, const std::string& by,
               const std::function<void(ServiceInfo&)>& change_service);
  void ReleaseCandidate();
  void Enter();
  void Poke();
  double Now() const { return std::chrono::duration<double>(world_.clock.Now()).count(); }
  TrafficCounters* CandidateCounters() const;

  const RolloutWorld world_;
  // Of the driver's thread.
  std::future<Result<std::shared_ptr<Replica>>> loading_;
  std::future<GoldenResult> asking_;
  std::unique_ptr<CancelSource> stop_asking_;
  LoadSnapshot load_;
  std::optional<GoldenResult> golden_;
  std::shared_ptr<Replica> replica_;
  bool traffic_turned_ = false;               // away from the candidate
  std::optional<RolloutDecision> unwritten_;  // ... by this decision, which is not in the records yet
  TrafficMeter candidate_meter_, live_meter_;
  double since_ = 0;

  mutable std::mutex mutex_;
  std::condition_variable wake_, settled_;
  RolloutInfo info_;                      // guarded by mutex_; written by the driver's thread alone
  std::shared_ptr<Candidate> candidate_;  // likewise
  std::unique_ptr<Asked> asked_;
  bool poked_ = false, stopping_ = false, over_ = false;
  std::thread thread_;
};

}  // namespace sinter
