#include "platform/records/lease.h"

#include <unistd.h>

#include <random>

#include <fmt/format.h>

namespace sinter {

LeaseVerdict JudgeLease(const std::optional<LeaseRow>& row, Nanoseconds unchanged, std::string_view me) {
  if (!row || row->holder.empty()) return LeaseVerdict::kFree;
  if (row->holder == me) return LeaseVerdict::kOurs;
  return unchanged >= std::chrono::milliseconds(row->ttl_ms) ? LeaseVerdict::kExpired : LeaseVerdict::kHeld;
}

Leases::Leases(Records& records, std::string holder, const Clock& clock)
    : records_(records), holder_(std::move(holder)), clock_(clock) {}

Nanoseconds Leases::UnchangedFor(const LeaseRow& row) {
  const std::lock_guard lock(mutex_);
  const Nanoseconds now = clock_.Now();
  const auto [at, first] = seen_.try_emplace(row.name, row.version, now);
  if (!first && at->second.version != row.version) at->second = {row.version, now};
  return now - at->second.since;
}

Result<Lease> Leases::Acquire(const std::string& name, std::chrono::milliseconds ttl) {
  auto found = records_.GetLease(name);
  if (!found && found.error().code != ErrorCode::kNotFound) return std::move(found).error();
  const std::optional<LeaseRow> row = found ? std::optional(*found) : std::nullopt;
  const Nanoseconds unchanged = row ? UnchangedFor(*row) : Nanoseconds(0);
  if (JudgeLease(row, unchanged, holder_) == LeaseVerdict::kHeld) {
    return Error{ErrorCode::kConflict, fmt::format("lease '{}' is held by '{}'", name, row->holder),
                 "it becomes free when that one releases it or is gone"};
  }
  Lease lease;
  // From before the write: what the database took it to take counts against us, never for us.
  lease.expires = clock_.Now() + ttl;
  const LeaseRow next{name, holder_, (row ? row->epoch : 0) + 1, ttl.count(), 0};
  TRY(lease.row, records_.SwapLease(next, row ? row->version : 0));
  return lease;
}

Result<Lease> Leases::Renew(const Lease& lease) {
  Lease renewed;
  renewed.expires = clock_.Now() + std::chrono::milliseconds(lease.row.ttl_ms);
  auto swapped = records_.SwapLease(lease.row, lease.row.version);
  if (!swapped && swapped.error().code == ErrorCode::kConflict) {
    // A renewal whose answer was lost has moved the version on; the lease is ours all the same.
    TRY(const LeaseRow now, records_.GetLease(lease.row.name));
    if (now.holder == holder_ && now.epoch == lease.row.epoch) swapped = records_.SwapLease(now, now.version);
  }
  if (!swapped) return std::move(swapped).error();
  renewed.row = *std::move(swapped);
  return renewed;
}

Status Leases::Release(const Lease& lease) {
  auto now = records_.GetLease(lease.row.name);
  if (!now) return std::move(now).error();
  if (now->holder != holder_ || now->epoch != lease.row.epoch) return {};
  LeaseRow released = *now;
  released.holder.clear();
  const auto swapped = records_.SwapLease(released, now->version);
  if (swapped || swapped.error().code == ErrorCode::kConflict) return {};
  return swapped.error();
}

std::string UniqueHolder() {
  char host[128] = {};
  ::gethostname(host, sizeof host - 1);
  std::random_device random;
  return fmt::format("{}.{}.{:08x}{:08x}", host, ::getpid(), random(), random());
}

}  // namespace sinter
