// All services of a server: deployed, rolled out and back, kept in the records, loaded again at the start.
#pragma once

#include <map>
#include <memory>
#include <mutex>
#include <shared_mutex>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "platform/records/records.h"
#include "platform/serving/model_source.h"
#include "platform/serving/service.h"
#include "platform/serving/service_record.h"

namespace sinter {

struct NewService {
  std::string name;
  std::string model;
  BatchLimits limits;
  bool open = true;
};

// Any thread. Deploy, Rollout and Start take as long as loading a model does: not for a thread that answers
// requests. What it is given outlives it.
class Services {
 public:
  Services(Records& records, ModelSource& models, const Clock& clock = Clock::Real())
      : records_(records), models_(models), clock_(clock) {}
  ~Services();

  // Loads what the records want. A service whose model cannot be loaded stays, not ready, and says why.
  Status Start();
  // Answers what waits, takes no more. The records stay.
  void Stop();

  // kAlreadyExists; kNotFound (the model); kConflict where the decision is to refuse.
  Result<ServiceInfo> Deploy(const NewService& wanted, std::string_view who);
  // Load, warm, decide, switch. kConflict, with the reason, where the decision is to refuse: then the current
  // revision goes on, and the history holds the refusal.
  Result<ServiceInfo> Rollout(std::string_view name, std::string_view model, std::string_view who);
  // At once: the revision before is warm. kConflict where there is none. A rollback of a rollback goes
  // forward.
  Result<ServiceInfo> Rollback(std::string_view name, std::string_view who);
  Status Delete(std::string_view name, std::string_view who);
  Result<ServiceInfo> Show(std::string_view name);
  Result<std::vector<ServiceInfo>> List();  // by name, 1,000 at most

  // For requests: null where there is none of that name. No lock is held after.
  std::shared_ptr<Service> Find(std::string_view name) const;
  // Whether who asks it on loopback needs no token.
  bool IsOpen(std::string_view name) const;
  std::vector<ServiceStats> Stats() const;
  bool ready() const;  // all that are wanted are loaded

 private:
  struct Entry {
    std::mutex changing;  // one deploy, rollout or rollback of a service at a time
    std::shared_ptr<Service> service;
    bool open = true;
    std::string problem;  // guarded by entries_mutex_
  };
  std::shared_ptr<Entry> FindEntry(std::string_view name) const;
  Result<std::shared_ptr<Entry>> NeedEntry(std::string_view name) const;
  Result<std::shared_ptr<Replica>> LoadReplica(const RevisionRef& revision, const BatchLimits& limits);
  void Restore(const ServiceInfo& wanted);
  Result<ServiceInfo> Write(std::string_view name, std::string_view who,
                            const std::function<void(ServiceInfo&)>& change);
  ServiceInfo WithState(ServiceInfo info) const;

  Records& records_;
  ModelSource& models_;
  const Clock& clock_;
  mutable std::shared_mutex entries_mutex_;
  std::map<std::string, std::shared_ptr<Entry>, std::less<>> entries_;
};

}  // namespace sinter
