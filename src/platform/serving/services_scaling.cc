// The part of Services that fits what is loaded to the load: workers and threads added and removed,
// models let go and loaded again.
#include <fmt/format.h>

#include "base/thread_pool.h"
#include "platform/serving/services.h"

namespace sinter {
namespace {

using namespace std::chrono_literals;

constexpr auto kLook = 100ms;

}  // namespace

Status Services::Wake(Entry& entry) {
  if (!entry.service->asleep()) return {};
  TRY(const ServiceInfo info, Show(entry.service->name()));
  auto replica = LoadReplica(info.current, info.limits, info.scaling);
  if (!replica) {
    {
      std::unique_lock lock(entries_mutex_);
      entry.problem = replica.error().ToString();
    }
    entry.service->GiveUpWaking(replica.error());
    return std::move(replica).error();
  }
  {
    std::unique_lock lock(entries_mutex_);
    entry.problem.clear();
  }
  entry.service->Install(*std::move(replica));
  // What there is to fall back on comes after the requests that wait.
  if (info.previous) {
    if (auto previous = LoadReplica(*info.previous, info.limits, info.scaling))
      entry.service->InstallPrevious(*std::move(previous));
  }
  return {};
}

void Services::PokeScaler() {
  {
    std::lock_guard lock(scaler_mutex_);
    scaler_poked_ = true;
  }
  scaler_wakes_.notify_all();
}

void Services::Scale() {
  while (true) {
    {
      std::unique_lock lock(scaler_mutex_);
      scaler_wakes_.wait_for(lock, kLook, [&] { return scaler_poked_ || scaler_stops_; });
      if (scaler_stops_) return;
      scaler_poked_ = false;
    }
    std::vector<std::shared_ptr<Entry>> entries;
    {
      std::shared_lock lock(entries_mutex_);
      for (const auto& [name, entry] : entries_) entries.push_back(entry);
    }
    for (const auto& entry : entries) ScaleOne(*entry);
  }
}

void Services::ScaleOne(Entry& entry) {
  Service& service = *entry.service;
  if (entry.wanted) {
    std::lock_guard changing(entry.changing);
    entry.wanted = false;
    // A failure is told to those who wait, and kept as the service's problem.
    if (const Status woken = Wake(entry); !woken) return;
  }
  ScalingSnapshot s;
  {
    std::shared_lock lock(entries_mutex_);
    s.idle_limit = entry.scaling.idle_s;
    s.least = entry.least_workers;
    s.most = std::max(entry.scaling.most_workers, entry.least_workers);
    s.thread_bounds = ThreadsWithin(entry.scaling, ThreadPool::Shared().threads());
  }
  // Outside the lock, which a rollout that ends just now may need.
  const auto under_way = DriverOf(entry);
  s.rollout = under_way != nullptr && !under_way->over();
  const auto replica = service.Current();
  if (replica == nullptr) return;
  s.workers = replica->workers();
  s.threads = replica->threads();
  const bool fixed =
      s.most == s.least && s.workers == s.least && s.thread_bounds == ThreadBounds{s.threads, s.threads};
  if (s.idle_limit == 0 && fixed) return;
  const TrafficStats traffic = replica->counters().Read();
  const double now = std::chrono::duration<double>(clock_.Now()).count();
  const uint64_t requests =
      traffic.succeeded + traffic.failed + traffic.refused + traffic.invalid + traffic.cancelled;
  if (requests != entry.requests_seen || traffic.queued + traffic.running > 0 ||
      replica.get() != entry.looked_at) {
    entry.requests_seen = requests;
    entry.looked_at = replica.get();
    entry.last_request = now;
  }
  s.queued = traffic.queued;
  s.running = traffic.running;
  const int64_t taken_next = s.workers * replica->info().limits.max_rows;
  entry.busy_looks = s.queued > taken_next ? entry.busy_looks + 1 : 0;
  entry.quiet_looks = s.queued == 0 && s.running < s.workers ? entry.quiet_looks + 1 : 0;
  s.busy_looks = entry.busy_looks;
  s.quiet_looks = entry.quiet_looks;
  s.idle_seconds = now - entry.last_request;
  const ScalingAction action = DecideScaling(s);
  if (action == ScalingAction::kNone) return;
  // Somebody who deploys or rolls out just now goes first; the next look comes soon.
  std::unique_lock changing(entry.changing, std::try_to_lock);
  if (!changing) return;
  if (const auto driver = DriverOf(entry); driver != nullptr && !driver->over()) return;
  if (action == ScalingAction::kSleep) {
    LetSleep(entry, *replica);
    return;
  }
  entry.busy_looks = entry.quiet_looks = 0;
  if (action == ScalingAction::kWiden || action == ScalingAction::kNarrow) {
    replica->SetThreads(ThreadsAfter(s, action));
    return;
  }
  const Status set = replica->SetWorkers(s.workers + (action == ScalingAction::kAdd ? 1 : -1));
  std::unique_lock lock(entries_mutex_);
  if (!set) entry.problem = "no worker could be added: " + set.error().ToString();
}

bool Services::LetSleep(Entry& entry, const Replica& replica) {
  const std::weak_ptr<Entry> weak = entry.weak_from_this();
  return entry.service->Sleep(replica.info().limits.queue, [this, weak] {
    if (const auto sleeper = weak.lock()) sleeper->wanted = true;
    PokeScaler();
  });
}

Result<ServiceInfo> Services::Unload(std::string_view name) {
  TRY(const auto entry, NeedEntry(name));
  std::lock_guard changing(entry->changing);
  const auto driver = DriverOf(*entry);
  const auto replica = entry->service->Current();
  const bool under_way = driver != nullptr && !driver->over();
  if (!under_way && (entry->service->asleep() || (replica != nullptr && LetSleep(*entry, *replica))))
    return Show(name);
  return Error{ErrorCode::kConflict,
               under_way ? fmt::format("a rollout of service {} is under way", name)
                         : fmt::format("service {} has nothing loaded", name),
               ""};
}

Result<ServiceInfo> Services::SetScaling(std::string_view name, const Scaling& scaling,
                                         std::string_view who) {
  TRY(const auto entry, NeedEntry(name));
  TRY(ServiceInfo info, Write(name, who, [&](ServiceInfo& service) { service.scaling = scaling; }));
  std::unique_lock lock(entries_mutex_);
  entry->scaling = scaling;
  return info;
}

}  // namespace sinter
