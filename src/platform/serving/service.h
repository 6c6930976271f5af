// A service: the revision that answers now, the one before it kept warm, and the switch between them.
#pragma once

#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "platform/serving/named_tensor.h"
#include "platform/serving/replica.h"
#include "platform/serving/switch_pointer.h"

namespace sinter {

struct ServiceRequest {
  std::vector<NamedTensor> inputs;   // in any order
  std::vector<std::string> outputs;  // those that will be read: they must exist; empty: all
  std::string revision;              // empty: the current one; else one that is loaded
  CancelToken cancel;
};

// Any thread asks; whoever holds it switches. The promise: a request that came in is answered by the revision
// that it came in to, whatever is switched meanwhile.
class Service {
 public:
  explicit Service(std::string name) : name_(std::move(name)) {}
  ~Service();
  const std::string& name() const { return name_; }

  // `done` is called once: on a worker's thread with the answer, or before Infer returns with what is wrong:
  // kInvalidArgument (names, dtypes, shapes), kNotFound (no such revision), kResourceExhausted (queue full),
  // kUnavailable (no revision is loaded).
  void Infer(ServiceRequest request, BatchDone done);

  bool ready() const { return traffic_.Read()->current != nullptr; }
  // Of the current revision, or of the one named; null: there is none.
  std::shared_ptr<const RevisionInfo> Info(std::string_view revision = {}) const;
  std::shared_ptr<const RevisionInfo> PreviousInfo() const;
  ServiceStats Stats() const;

  // `next` answers from here on; the one before stays warm, the one before that is drained and let go.
  // Returns when that is done; no request waits for it.
  void Install(std::shared_ptr<Replica> next);
  // Puts a revision beside the current one, to fall back on (at the start of the server).
  void InstallPrevious(std::shared_ptr<Replica> previous);
  // The one before answers again, and the one that answered stays warm. False where there is none before.
  bool SwitchBack();
  // Answers what waits, then lets everything go.
  void Stop();

 private:
  struct Traffic {
    std::shared_ptr<Replica> current;
    std::shared_ptr<Replica> previous;
    Replica* Find(std::string_view revision) const;
  };
  void Retire(const std::shared_ptr<Replica>& replica);

  const std::string name_;
  SwitchPointer<Traffic> traffic_;
  std::mutex switching_;  // one switch at a time
  mutable std::mutex stats_mutex_;
  std::vector<std::shared_ptr<Replica>> live_;
  TrafficStats retired_;
};

}  // namespace sinter
