// Leases: who of several does a piece of work, for as long as it shows that it lives.
//
// As in Kubernetes' leader election, nobody compares clocks: an observer takes a lease over when it has seen
// its row unchanged for the row's own time to live, by the observer's monotonic clock. A wall clock that
// jumps does no harm, and a holder that was stopped and wakes up is refused by its fence (Records::Apply).
#pragma once

#include <map>
#include <mutex>
#include <optional>
#include <string>

#include "base/clock.h"
#include "platform/records/records.h"

namespace sinter {

struct Lease {
  LeaseRow row;
  Nanoseconds expires{0};  // by this process's monotonic clock: others may take it over from then on
  Fence fence() const { return {row.name, row.epoch}; }
};

enum class LeaseVerdict : uint8_t {
  kFree,     // never held, or released
  kOurs,     // held under our name: by an earlier life of ours, whose epoch ends now
  kHeld,     // by another that may be alive
  kExpired,  // by another that has not renewed it in time
};
// What an observer called `me`, which has seen the row as it is for `unchanged`, may make of it.
LeaseVerdict JudgeLease(const std::optional<LeaseRow>& row, Nanoseconds unchanged, std::string_view me);

// The leases of one holder. A holder's name is its own: two that are alive at once never share it. Any
// thread.
class Leases {
 public:
  // `records` and `clock` outlive it.
  Leases(Records& records, std::string holder, const Clock& clock = Clock::Real());
  // One try, without waiting, under a new epoch. kConflict: another holds it; call again until it is released
  // or has expired. Calls further apart than a TTL see it expire later.
  Result<Lease> Acquire(const std::string& name, std::chrono::milliseconds ttl);
  // kConflict: it is lost. Other errors: not known, try again until it expires.
  Result<Lease> Renew(const Lease& lease);
  // Others may have it at once. Nothing where it is lost already.
  Status Release(const Lease& lease);
  bool Expired(const Lease& lease) const { return clock_.Now() >= lease.expires; }
  const std::string& holder() const { return holder_; }

 private:
  struct Seen {
    int64_t version = 0;
    Nanoseconds since{0};
  };
  Nanoseconds UnchangedFor(const LeaseRow& row);
  Records& records_;
  const std::string holder_;
  const Clock& clock_;
  std::mutex mutex_;
  std::map<std::string, Seen> seen_;  // one entry for each name that Acquire was called with
};

// A name that no other process has, now or later: host, process and random letters.
std::string UniqueHolder();

}  // namespace sinter
