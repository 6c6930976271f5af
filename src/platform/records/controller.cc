#include "platform/records/controller.h"

#include <algorithm>

#include "platform/records/each_record.h"

namespace sinter {

using SteadyClock = std::chrono::steady_clock;

ControllerLoop::ControllerLoop(Records& records, Leases& leases, Controller& controller,
                               ControllerOptions options)
    : records_(records),
      leases_(leases),
      controller_(controller),
      options_(std::move(options)),
      queue_(options_.backoff) {
  for (int i = 0; i < std::max(1, options_.workers); ++i) workers_.emplace_back([this] { Work(); });
  thread_ = std::thread([this] { Run(); });
}

ControllerLoop::~ControllerLoop() { Stop(); }

void ControllerLoop::Stop() {
  cancel_.Cancel();
  records_.signal().Bump();
  queue_.Stop();
  for (std::thread& worker : workers_) {
    if (worker.joinable()) worker.join();
  }
  if (thread_.joinable()) thread_.join();
}

void ControllerLoop::SetFence(std::optional<Fence> fence) {
  const std::lock_guard lock(fence_mutex_);
  leads_ = fence.has_value();
  fence_ = std::move(fence);
}

std::optional<Fence> ControllerLoop::CurrentFence() const {
  const std::lock_guard lock(fence_mutex_);
  return fence_;
}

void ControllerLoop::Report(const std::string& key, const Error& error) const {
  if (options_.on_error) options_.on_error(key, error);
}

void ControllerLoop::Rest(std::chrono::milliseconds time) const {
  ChangeSignal never;
  never.WaitBeyond(never.Count(), SteadyClock::now() + time, cancelled_);
}

void ControllerLoop::Work() {
  while (auto key = queue_.Wait()) {
    const auto fence = CurrentFence();
    if (!fence) {  // the lease was lost: whoever has it lists all keys itself
      queue_.Done(*key, true);
      continue;
    }
    const auto again = controller_.Reconcile(*key, *fence);
    if (!again) Report(*key, again.error());
    queue_.Done(*key, again.has_value(), again ? *again : std::nullopt);
  }
}

Status ControllerLoop::AddAll() {
  for (const std::string& kind : controller_.Kinds()) {
    TRY_STATUS(ForEachRecord(records_, kind, [&](const Record& record) -> Status {
      for (const std::string& key : controller_.KeysOf(record)) queue_.Add(key);
      return {};
    }));
  }
  return {};
}

void ControllerLoop::Run() {
  while (!cancelled_.Cancelled()) {
    auto lease = leases_.Acquire(options_.lease, options_.ttl);
    if (lease) {
      Lead(*std::move(lease));
      continue;
    }
    if (lease.error().code != ErrorCode::kConflict) Report("", lease.error());
    Rest(options_.ttl / 3);
  }
}

// While the lease holds: what must be looked at comes from a list, at first and now and then, and from the
// changes after it.
void ControllerLoop::Lead(Lease lease) {
  SetFence(lease.fence());
  const auto kinds = controller_.Kinds();
  int64_t after = -1;  // a list is due
  auto renew = SteadyClock::now() + options_.ttl / 3;
  auto resync = SteadyClock::now();
  const auto follow = [&]() -> Status {
    if (after < 0 || SteadyClock::now() >= resync) {
      TRY(after, records_.LastSequence());
      TRY_STATUS(AddAll());
      resync = SteadyClock::now() + options_.resync;
    }
    // Of one kind the others' changes are not even read.
    TRY(const auto changes,
        records_.WaitForChanges({.after = after, .kind = kinds.size() == 1 ? kinds[0] : "", .limit = 1000},
                                std::min(renew, resync), cancelled_));
    for (const Change& change : changes) {
      after = change.sequence;
      if (std::ranges::find(kinds, change.record.kind) == kinds.end()) continue;
      for (const std::string& key : controller_.KeysOf(change.record)) queue_.Add(key);
    }
    return {};
  };
  while (!cancelled_.Cancelled()) {
    if (const Status followed = follow(); !followed && !cancelled_.Cancelled()) {
      Report("", followed.error());
      after = -1;
      Rest(std::min<std::chrono::milliseconds>(options_.backoff.first, options_.ttl / 3));
    }
    if (SteadyClock::now() < renew) continue;
    auto renewed = leases_.Renew(lease);
    if (renewed) {
      lease = *std::move(renewed);
      renew = SteadyClock::now() + options_.ttl / 3;
      continue;
    }
    Report("", renewed.error());
    if (renewed.error().code == ErrorCode::kConflict || leases_.Expired(lease)) break;
    renew = SteadyClock::now() + options_.ttl / 10;
  }
  SetFence(std::nullopt);
  queue_.Clear();
  queue_.WaitUntilIdle();
  if (const Status released = leases_.Release(lease); !released) Report("", released.error());
}

}  // namespace sinter
