#include "platform/serving/services.h"

#include <algorithm>
#include <iterator>

#include <fmt/format.h>

#include "base/thread_pool.h"

namespace sinter {
namespace {

Error Refused(std::string_view what, const RolloutDecision& decision) {
  return {ErrorCode::kConflict, fmt::format("{} is refused: {}", what, decision.reason),
          "nothing was changed"};
}

}  // namespace

Services::~Services() { Stop(); }

std::shared_ptr<Services::Entry> Services::FindEntry(std::string_view name) const {
  std::shared_lock lock(entries_mutex_);
  const auto found = entries_.find(name);
  return found == entries_.end() ? nullptr : found->second;
}

Result<std::shared_ptr<Services::Entry>> Services::NeedEntry(std::string_view name) const {
  auto entry = FindEntry(name);
  if (entry == nullptr)
    return NotFound(fmt::format("there is no service '{}'", name.substr(0, 80)), "sinter service list");
  return entry;
}

std::shared_ptr<Service> Services::Find(std::string_view name) const {
  std::shared_lock lock(entries_mutex_);
  const auto found = entries_.find(name);
  return found == entries_.end() ? nullptr : found->second->service;
}

bool Services::IsOpen(std::string_view name) const {
  std::shared_lock lock(entries_mutex_);
  const auto found = entries_.find(name);
  return found != entries_.end() && found->second->open;
}

bool Services::ready() const {
  std::shared_lock lock(entries_mutex_);
  for (const auto& [name, entry] : entries_) {
    if (!entry->service->ready()) return false;
  }
  return true;
}

std::vector<ServiceStats> Services::Stats() const {
  std::vector<std::shared_ptr<Service>> services;
  {
    std::shared_lock lock(entries_mutex_);
    for (const auto& [name, entry] : entries_) services.push_back(entry->service);
  }
  std::vector<ServiceStats> stats;
  stats.reserve(services.size());
  for (const auto& service : services) stats.push_back(service->Stats());
  return stats;
}

Result<std::shared_ptr<Replica>> Services::LoadReplica(const RevisionRef& revision, const BatchLimits& limits,
                                                       const Scaling& scaling) {
  TRY(LoadedModel model, models_.Load(revision.model));
  TRY(auto replica, Replica::Load(revision.revision, std::move(model), limits));
  replica->SetThreads(ThreadsWithin(scaling, ThreadPool::Shared().threads()).least);
  return replica;
}

ServiceInfo Services::WithState(ServiceInfo info) const {
  std::shared_lock lock(entries_mutex_);
  const auto found = entries_.find(info.name);
  if (found == entries_.end()) {
    if (!IsOwn(info)) info.problem = "another server on the same records serves it";
    return info;
  }
  info.ready = found->second->service->ready();
  info.problem = found->second->problem;
  if (const auto replica = found->second->service->Current()) {
    info.workers = replica->workers();
    info.threads = replica->threads();
  }
  return info;
}

Result<ServiceInfo> Services::Write(std::string_view name, std::string_view who,
                                    const std::function<void(ServiceInfo&)>& change) {
  TRY(const Record record, records_.Update(kServiceKind, name, who, [&](Record& r) -> Status {
    TRY(ServiceInfo info, ReadService(r));
    change(info);
    r.spec = ServiceSpecText(info);
    r.status = ServiceStatusText(info);
    return {};
  }));
  TRY(ServiceInfo info, ReadService(record));
  return WithState(std::move(info));
}

void Services::Restore(const ServiceInfo& wanted) {
  auto entry = std::make_shared<Entry>();
  entry->service = std::make_shared<Service>(wanted.name);
  entry->open = wanted.open;
  entry->scaling = wanted.scaling;
  entry->least_workers = wanted.limits.workers;
  entry->service->Remember(wanted.gates);
  if (auto current = LoadReplica(wanted.current, wanted.limits, wanted.scaling)) {
    entry->service->Install(*std::move(current));
    if (wanted.previous) {
      // Without it the service answers all the same; there is only nothing to roll back to.
      if (auto previous = LoadReplica(*wanted.previous, wanted.limits, wanted.scaling))
        entry->service->InstallPrevious(*std::move(previous));
      else
        entry->problem = fmt::format("revision {} could not be loaded to fall back on: {}",
                                     wanted.previous->revision, previous.error().ToString());
    }
  } else {
    entry->problem = current.error().ToString();
  }
  std::unique_lock lock(entries_mutex_);
  entries_[wanted.name] = std::move(entry);
}

Status Services::Start() {
  TRY(const auto wanted, List());
  for (const ServiceInfo& service : wanted) {
    if (!IsOwn(service)) continue;
    Restore(service);
    if (!service.rollout.empty()) ResumeRollout(service);
  }
  if (!scaler_.joinable()) scaler_ = std::thread([this] { Scale(); });
  return {};
}

void Services::Stop() {
  {
    std::lock_guard lock(scaler_mutex_);
    scaler_stops_ = true;
  }
  scaler_wakes_.notify_all();
  if (scaler_.joinable()) scaler_.join();
  std::map<std::string, std::shared_ptr<Entry>, std::less<>> entries;
  {
    std::unique_lock lock(entries_mutex_);
    entries.swap(entries_);
  }
  for (auto& [name, entry] : entries) {
    if (entry->driver != nullptr) entry->driver->Stop();
    entry->service->Stop();
  }
}

Result<ServiceInfo> Services::Deploy(const NewService& wanted, std::string_view who) {
  TRY_STATUS(CheckServiceName(wanted.name));
  TRY_STATUS(CheckBatchLimits(wanted.limits));
  const Error taken{ErrorCode::kAlreadyExists, fmt::format("there is a service '{}' already", wanted.name),
                    fmt::format("sinter service rollout {} MODEL", wanted.name)};
  if (FindEntry(wanted.name) != nullptr) return taken;
  RevisionRef revision{"1", wanted.model};
  TRY(auto replica, LoadReplica(revision, wanted.limits, wanted.scaling));
  revision.model = replica->info().model;
  RolloutDecision decision =
      DecideLoaded({.warm = replica->info().warm_up, .wanted_batch_rows = wanted.limits.max_rows});
  if (decision.action != RolloutAction::kAdvance)
    return Refused(fmt::format("the deployment of {}", revision.model), decision);
  decision.action = RolloutAction::kSwitch;  // there is nothing to compare it with
  ServiceInfo info;
  info.name = wanted.name;
  info.home = home_;
  info.model = revision.model;
  info.limits = wanted.limits;
  info.open = wanted.open;
  info.gates = wanted.gates;
  info.scaling = wanted.scaling;
  info.current = revision;
  info.next_revision = 2;
  info.history.push_back({clock_.UnixMillis(), std::string(who), "deploy", {}, revision, decision});
  auto record = records_.Create(std::string(kServiceKind), info.name, ServiceSpecText(info),
                                ServiceStatusText(info), who);
  if (!record && record.error().code == ErrorCode::kAlreadyExists) return taken;
  if (!record) return std::move(record).error();
  auto entry = std::make_shared<Entry>();
  entry->service = std::make_shared<Service>(info.name);
  entry->open = info.open;
  entry->scaling = info.scaling;
  entry->least_workers = info.limits.workers;
  entry->service->Remember(info.gates);
  entry->service->Install(std::move(replica));
  {
    std::unique_lock lock(entries_mutex_);
    entries_[info.name] = std::move(entry);
  }
  return Show(info.name);
}

Result<ServiceInfo> Services::Rollback(std::string_view name, std::string_view who) {
  TRY(const auto entry, NeedEntry(name));
  std::lock_guard changing(entry->changing);
  if (const auto driver = DriverOf(*entry); driver != nullptr && !driver->over()) {
    const RolloutInfo under_way = driver->Info();
    if (under_way.SharePercent() < 100) {
      return Error{ErrorCode::kConflict,
                   fmt::format("a rollout of service {} is under way, and has not switched yet", name),
                   fmt::format("sinter service abort {} ends it", name)};
    }
    TRY_STATUS(driver->Wish(PersonsWish::kAbort, "rolled back", who));
    return Show(name);
  }
  TRY_STATUS(Wake(*entry));
  // First the switch, then the record: a full disk must not keep a bad revision answering.
  if (!entry->service->SwitchBack()) {
    return Error{ErrorCode::kConflict, fmt::format("service {} has no revision to go back to", name),
                 "the one before the last rollout is kept; there was none"};
  }
  auto after = Write(name, who, [&](ServiceInfo& info) {
    if (!info.previous) return;
    RolloutDecision decision{RolloutAction::kSwitch, "asked for; it was warm", {}};
    info.history.push_back({clock_.UnixMillis(), std::string(who), "rollback", info.current, *info.previous,
                            std::move(decision)});
    std::swap(info.current, *info.previous);
    info.model = info.current.model;
  });
  if (!after) {
    return std::move(after).error().In(
        fmt::format("service {} was rolled back, and that could not be recorded", name));
  }
  return after;
}

Status Services::Delete(std::string_view name, std::string_view who) {
  TRY(const auto entry, NeedEntry(name));
  std::lock_guard changing(entry->changing);
  if (const auto driver = DriverOf(*entry)) driver->Stop();
  TRY(const Record record, records_.Get(kServiceKind, name));
  TRY_STATUS(records_.Delete(record, who));
  TRY_STATUS(DeleteRollouts(name, who));
  {
    std::unique_lock lock(entries_mutex_);
    entries_.erase(entries_.find(name));
  }
  entry->service->Stop();
  return {};
}

Result<ServiceInfo> Services::Show(std::string_view name) {
  auto record = records_.Get(kServiceKind, name);
  if (!record && record.error().code == ErrorCode::kNotFound)
    return NotFound(fmt::format("there is no service '{}'", name.substr(0, 80)), "sinter service list");
  if (!record) return std::move(record).error();
  TRY(ServiceInfo info, ReadService(*record));
  return WithState(std::move(info));
}

Result<Services::Page> Services::List(std::string_view after, int limit) {
  TRY(const RecordPage page,
      records_.List(
          {.kind = std::string(kServiceKind), .prefix = {}, .after = std::string(after), .limit = limit}));
  Page services{{}, page.next};
  services.services.reserve(page.records.size());
  for (const Record& record : page.records) {
    TRY(ServiceInfo info, ReadService(record));
    services.services.push_back(WithState(std::move(info)));
  }
  return services;
}

Result<std::vector<ServiceInfo>> Services::List() {
  std::vector<ServiceInfo> all;
  std::string after;
  do {
    TRY(Page page, List(after, 1000));
    std::ranges::move(page.services, std::back_inserter(all));
    after = page.next;
  } while (!after.empty());
  return all;
}

}  // namespace sinter
