// A service: the revision that answers now, the one before it kept warm, one on trial beside them, and the
// switch between them.
#pragma once

#include <atomic>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "platform/serving/candidate.h"
#include "platform/serving/cases.h"
#include "platform/serving/named_tensor.h"
#include "platform/serving/replica.h"
#include "platform/serving/switch_pointer.h"
#include "platform/serving/traffic_sample.h"

namespace sinter {

struct ServiceRequest {
  std::vector<NamedTensor> inputs;   // in any order
  std::vector<std::string> outputs;  // those that will be read: they must exist; empty: all
  std::string revision;              // empty: the current one; else one that is loaded
  CancelToken cancel;
  // Of the request's id, by RequestKey: the same id goes to the same side of a canary. 0: at random.
  uint64_t key = 0;
  std::string id;  // needed only while something watches() the service
};

// Never 0; the same on every machine.
uint64_t RequestKey(std::string_view id);

// Any thread asks; whoever holds it switches. The promise: a request that came in is answered by the revision
// that it came in to, whatever is switched meanwhile; and one that a candidate fails is asked of the live
// revision again, for a model changes nothing by answering.
class Service : private AnswerObserver {
 public:
  explicit Service(std::string name) : name_(std::move(name)) {}
  ~Service() override;
  Service(const Service&) = delete;
  Service& operator=(const Service&) = delete;
  const std::string& name() const { return name_; }

  // `done` is called once: on a worker's thread with the answer, or before Infer returns with what is wrong:
  // kInvalidArgument (names, dtypes, shapes), kNotFound (no such revision), kResourceExhausted (queue full),
  // kUnavailable (no revision is loaded).
  void Infer(ServiceRequest request, BatchDone done);

  bool ready() const { return asleep() || traffic_.Read()->current != nullptr; }
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

  // Lets its revisions go to save their memory. Requests that come from now on are held, `most` of them, and
  // the first calls `wake`, which must not block; Install then answers them. False, and nothing happens,
  // where a candidate is on trial or nothing answers anyway.
  bool Sleep(size_t most, std::function<void()> wake);
  bool asleep() const { return asleep_.load(); }
  // It cannot be woken: the held requests get to know why. The next one calls `wake` again, unless it is over
  // for good.
  void GiveUpWaking(const Error& why, bool for_good = false);
  // A candidate beside the live revision: `share` percent of the requests are answered by it, of `shadow`
  // percent of those that the live revision answers it gets a copy. Called again, it changes the shares.
  void Try(std::shared_ptr<Candidate> candidate, double share, double shadow);
  // The candidate answers from here on, as after Install. False where there is none.
  bool Promote();
  // No request goes to the candidate any more; it answers what it has, then is let go.
  void DropCandidate();
  std::shared_ptr<Replica> Current() const { return traffic_.Read()->current; }
  std::shared_ptr<Replica> Previous() const { return traffic_.Read()->previous; }
  // What is remembered of the traffic from here on: a sample of how it looks where there is a golden set to
  // compare it with, hard cases with consent.
  void Remember(const Gates& gates);
  TrafficSample& sample() { return sample_; }
  CaseQueue& cases() { return cases_; }
  // Whether the ids of requests are of use to somebody.
  bool watches() const { return watches_.load(std::memory_order_relaxed); }

 private:
  struct Traffic {
    std::shared_ptr<Replica> current;
    std::shared_ptr<Replica> previous;
    std::shared_ptr<Candidate> candidate;
    uint32_t share = 0, shadow = 0;  // of kWhole
    Replica* Find(std::string_view revision) const;
  };
  void Saw(const BatchJob& job, const BatchAnswer& answer) override;
  void Watch(const BatchJob& job, const BatchAnswer& answer);
  Status SubmitTo(const Traffic& traffic, Replica& replica, BatchJob& job, uint64_t key);
  void AskLive(BatchJob job, Error why);
  bool Ask(ServiceRequest& request, BatchDone& done);
  bool Hold(ServiceRequest& request, BatchDone& done);
  void AnswerHeld();
  Traffic SwitchTraffic(Traffic next);
  void Retire(const std::shared_ptr<Replica>& replica);

  const std::string name_;
  SwitchPointer<Traffic> traffic_;
  std::atomic<bool> watches_{false}, remembers_{false};
  TrafficSample sample_;
  CaseQueue cases_;
  std::atomic<uint64_t> next_key_{0};
  std::mutex switching_;  // one switch at a time
  std::atomic<bool> asleep_{false};
  mutable std::mutex held_mutex_;
  std::vector<std::pair<ServiceRequest, BatchDone>> held_;  // while it sleeps
  size_t most_held_ = 0;
  std::function<void()> wake_;
  std::shared_ptr<const RevisionInfo> sleeping_;  // what will answer
  mutable std::mutex stats_mutex_;
  std::vector<std::shared_ptr<Replica>> live_;
  TrafficStats retired_;
};

}  // namespace sinter
