// Controllers: what is brought to what is wanted, key by key, by one process at a time.
//
// A controller looks at one key, decides, and acts. The decision is a pure function of the snapshot, tested
// as a table of states; a snapshot that holds a time got it from the observer. The loop does the rest, the
// same for all of them.
#pragma once

#include <atomic>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "platform/records/key_queue.h"
#include "platform/records/lease.h"

namespace sinter {

template <class Action>
struct Decision {
  std::vector<Action> actions;                     // in this order
  std::optional<std::chrono::milliseconds> again;  // look again then, even if nothing changes
  bool operator==(const Decision&) const = default;
};

// What the loop drives. Reconcile is called by several threads, for different keys.
class Controller {
 public:
  virtual ~Controller() = default;
  // The kinds of records whose changes concern it.
  virtual std::vector<std::string> Kinds() const = 0;
  // The keys to look at when this record has changed or gone: its name, or the names of those it belongs to.
  virtual std::vector<std::string> KeysOf(const Record& record) const { return {record.name}; }
  // Brings one key a step nearer; when to look again at the latest. An error: again, later and later. Every
  // write carries the fence, so that a loop that lost its lease writes nothing.
  virtual Result<std::optional<std::chrono::milliseconds>> Reconcile(const std::string& key,
                                                                     const Fence& fence) = 0;
};

// A controller from its three parts: observe and act touch the world, decide does not.
template <class Snapshot, class Action>
class PureController : public Controller {
 public:
  Result<std::optional<std::chrono::milliseconds>> Reconcile(const std::string& key,
                                                             const Fence& fence) final {
    TRY(const Snapshot snapshot, Observe(key));
    const Decision<Action> decision = Decide(snapshot);
    for (const Action& action : decision.actions) TRY_STATUS(Act(key, action, fence));
    return decision.again;
  }

 protected:
  virtual Result<Snapshot> Observe(const std::string& key) = 0;
  virtual Decision<Action> Decide(const Snapshot& snapshot) const = 0;
  virtual Status Act(const std::string& key, const Action& action, const Fence& fence) = 0;
};

struct ControllerOptions {
  std::string lease;  // "controller/NAME": who holds it acts
  std::chrono::milliseconds ttl{10'000};
  std::chrono::milliseconds resync{300'000};  // all keys are looked at so often, whatever changed
  int workers = 1;
  Backoff backoff;
  // Called where a key or the loop itself failed, from any of its threads; the loop goes on.
  std::function<void(const std::string& key, const Error&)> on_error;
};

// Lists, follows the changes, keeps the queue of keys, and lets the controller act while it holds the lease.
class ControllerLoop {
 public:
  // All of them outlive it.
  ControllerLoop(Records& records, Leases& leases, Controller& controller, ControllerOptions options);
  ~ControllerLoop();  // Stop
  ControllerLoop(const ControllerLoop&) = delete;
  // Waits for what is being done, and gives the lease to whoever is next. Idempotent.
  void Stop();
  bool Leads() const { return leads_; }

 private:
  void Run();
  void Lead(Lease lease);
  Status AddAll();
  void Work();
  void SetFence(std::optional<Fence> fence);
  std::optional<Fence> CurrentFence() const;
  void Report(const std::string& key, const Error& error) const;
  void Rest(std::chrono::milliseconds time) const;  // or until Stop

  Records& records_;
  Leases& leases_;
  Controller& controller_;
  const ControllerOptions options_;
  KeyQueue queue_;
  CancelSource cancel_;
  const CancelToken cancelled_ = cancel_.token();
  std::atomic<bool> leads_{false};
  mutable std::mutex fence_mutex_;
  std::optional<Fence> fence_;
  std::vector<std::thread> workers_;
  std::thread thread_;
};

}  // namespace sinter
