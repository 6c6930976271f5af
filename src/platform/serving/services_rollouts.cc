// The part of Services that is about rollouts: begun, steered, looked at, gone on with after a restart.
#include <algorithm>
#include <charconv>

#include <fmt/format.h>

#include "platform/serving/services.h"

namespace sinter {
namespace {

constexpr int64_t kKeptRollouts = 200;  // of a service

int64_t NumberOf(std::string_view revision) {
  int64_t number = 0;
  std::from_chars(revision.data(), revision.data() + revision.size(), number);
  return number;
}

std::string Standing(const RolloutInfo& rollout) {
  std::string text = fmt::format("revision {}, {}: {}", rollout.to.revision, rollout.to.model,
                                 RolloutStateName(rollout.state));
  if (rollout.state == RolloutState::kCanary) text += fmt::format(", {:g}%", rollout.SharePercent());
  return text;
}

}  // namespace

std::shared_ptr<RolloutDriver> Services::DriverOf(const Entry& entry) const {
  std::shared_lock lock(entries_mutex_);
  return entry.driver;
}

void Services::Drive(const std::shared_ptr<Entry>& entry, const BatchLimits& limits, RolloutInfo rollout) {
  const std::weak_ptr<Entry> weak = entry;
  auto driver = std::make_shared<RolloutDriver>(
      RolloutWorld{records_, models_, golden_, clock_, *entry->service, limits,
                   [this, weak] {
                     const auto switched = weak.lock();
                     std::unique_lock lock(entries_mutex_);
                     if (switched != nullptr) switched->problem.clear();
                   },
                   &entry->counts},
      std::move(rollout));
  driver->Start();
  std::shared_ptr<RolloutDriver> before;
  {
    std::unique_lock lock(entries_mutex_);
    before = std::exchange(entry->driver, std::move(driver));
  }
}

std::vector<RolloutStats> Services::StatsOfRollouts() const {
  std::vector<RolloutStats> stats;
  std::vector<std::shared_ptr<Entry>> entries;
  {
    std::shared_lock lock(entries_mutex_);
    for (const auto& [name, entry] : entries_) entries.push_back(entry);
  }
  for (const auto& entry : entries) {
    RolloutStats& one = stats.emplace_back();
    one.service = entry->service->name();
    one.decisions = entry->counts.Read();
    const auto driver = DriverOf(*entry);
    if (driver == nullptr) continue;
    const RolloutInfo info = driver->Info();
    one.state = info.state;
    one.share = info.SharePercent();
  }
  return stats;
}

Result<RolloutInfo> Services::StartRollout(std::string_view name, std::string_view model,
                                           std::string_view who) {
  TRY(const auto entry, NeedEntry(name));
  std::lock_guard changing(entry->changing);
  TRY(const std::string exactly, models_.Resolve(model));
  const auto driver = DriverOf(*entry);
  if (driver != nullptr && !driver->over()) {
    return Error{ErrorCode::kConflict,
                 fmt::format("a rollout of service {} is under way ({})", name, Standing(driver->Info())),
                 fmt::format("wait for it, or: sinter service promote {} | abort {}", name, name)};
  }
  // What cannot be woken is not there to compare with; the rollout may mend it.
  if (const Status woken = Wake(*entry); !woken) entry->service->GiveUpWaking(woken.error(), true);
  TRY(Record record, records_.Get(kServiceKind, name));
  TRY(ServiceInfo service, ReadService(record));
  RolloutInfo rollout;
  const std::string revision = fmt::format("{}", service.next_revision++);
  rollout.name = RolloutName(name, revision);
  rollout.service = name;
  if (entry->service->ready()) rollout.from = service.current;
  rollout.to = {revision, exactly};
  rollout.gates = service.gates;
  rollout.by = who;
  rollout.asked_ms = clock_.UnixMillis();
  rollout.history.push_back({rollout.asked_ms,
                             std::string(who),
                             RolloutState::kLoading,
                             0,
                             {RolloutAction::kAdvance, "asked for", {}, RolloutState::kLoading, 0}});
  service.rollout = rollout.name;
  record.spec = ServiceSpecText(service);
  record.status = ServiceStatusText(service);
  std::vector<RecordWrite> writes = {
      RecordWrite::Create(std::string(kRolloutKind), rollout.name, RolloutSpecText(rollout),
                          RolloutStatusText(rollout)),
      RecordWrite::Update(record)};
  const int64_t forgotten = NumberOf(revision) - kKeptRollouts;
  if (auto old = records_.Get(kRolloutKind, RolloutName(name, fmt::format("{}", forgotten))))
    writes.push_back(RecordWrite::Delete(*old));
  TRY_STATUS(records_.Apply(writes, who));
  Drive(entry, service.limits, rollout);
  return rollout;
}

Result<ServiceInfo> Services::Rollout(std::string_view name, std::string_view model, std::string_view who,
                                      std::chrono::nanoseconds patience) {
  TRY(const RolloutInfo begun, StartRollout(name, model, who));
  TRY(const auto entry, NeedEntry(name));
  const auto driver = DriverOf(*entry);
  if (driver == nullptr || driver->Info().name != begun.name || !driver->WaitUntilSettled(patience)) {
    return Error{ErrorCode::kDeadlineExceeded, fmt::format("rollout {} is still under way", begun.name),
                 fmt::format("sinter service show {}", name)};
  }
  const RolloutInfo over = driver->Info();
  if (over.state == RolloutState::kDone) return Show(name);
  const RolloutDecision& why = over.history.back().decision;
  return Error{
      ErrorCode::kConflict,
      fmt::format("the rollout of {} is {}: {}", over.to.model, RolloutStateName(over.state), why.reason),
      "the revision that answered before goes on"};
}

Result<RolloutInfo> Services::Steer(std::string_view name, PersonsWish wish, std::string_view reason,
                                    std::string_view who) {
  TRY(const auto entry, NeedEntry(name));
  const auto driver = DriverOf(*entry);
  if (driver == nullptr || driver->over()) {
    return Error{ErrorCode::kConflict, fmt::format("no rollout of service {} is under way", name),
                 fmt::format("sinter service rollout {} MODEL begins one", name)};
  }
  return driver->Wish(wish, reason, who);
}

Result<RolloutInfo> Services::ShowRollout(std::string_view name, std::string_view revision) {
  TRY(const auto entry, NeedEntry(name));
  if (const auto driver = DriverOf(*entry)) {
    RolloutInfo info = driver->Info();
    if (revision.empty() || info.to.revision == revision) return info;
  }
  if (revision.empty()) {
    TRY(auto all, Rollouts(name));
    if (all.empty()) return NotFound(fmt::format("service {} had no rollout yet", name));
    return std::move(all.front());
  }
  auto record = records_.Get(kRolloutKind, RolloutName(name, revision));
  if (!record && record.error().code == ErrorCode::kNotFound)
    return NotFound(fmt::format("service {} has no rollout of revision '{}'", name, revision.substr(0, 40)));
  if (!record) return std::move(record).error();
  return ReadRollout(*record);
}

Result<std::vector<RolloutInfo>> Services::Rollouts(std::string_view name) {
  TRY(const auto entry, NeedEntry(name));
  TRY(const RecordPage page,
      records_.List({.kind = std::string(kRolloutKind), .prefix = RolloutName(name, ""), .limit = 1000}));
  std::vector<RolloutInfo> rollouts;
  for (const Record& record : page.records) {
    TRY(RolloutInfo rollout, ReadRollout(record));
    rollouts.push_back(std::move(rollout));
  }
  std::ranges::sort(rollouts, std::greater(), [](const RolloutInfo& r) { return NumberOf(r.to.revision); });
  return rollouts;
}

Result<bool> Services::Label(std::string_view name, std::string_view id, int64_t label) {
  TRY(const auto entry, NeedEntry(name));
  const auto driver = DriverOf(*entry);
  return driver != nullptr && driver->Label(id, label);
}

Result<ServiceInfo> Services::SetGates(std::string_view name, const Gates& gates, std::string_view who) {
  TRY(const auto entry, NeedEntry(name));
  TRY(const ServiceInfo before, Show(name));
  TRY(ServiceInfo info, Write(name, who, [&](ServiceInfo& service) { service.gates = gates; }));
  entry->service->Remember(gates);
  std::lock_guard lock(entry->learning_mutex);
  if (before.gates.golden == gates.golden && gates.cases.consent) return info;
  entry->learning.Cancel();
  entry->service->cases().SetUsual(nullptr);
  entry->learned.clear();
  return info;
}

Result<DriftReport> Services::Drift(std::string_view name) {
  TRY(const auto entry, NeedEntry(name));
  std::lock_guard lock(entry->measuring);
  const CancelToken cancel = BeginLearning(*entry);
  TRY(const ServiceInfo info, Show(name));
  if (!info.gates.golden || golden_ == nullptr) {
    return Error{ErrorCode::kConflict,
                 fmt::format("service {} has no golden set to compare its traffic with", name),
                 fmt::format("sinter service gates {} --golden DATASET", name)};
  }
  if (const auto replica = entry->service->Current()) {
    TRY_STATUS(LearnReference(*entry, info, *replica, cancel));
  } else {
    // Whoever looks at a service does not wake it.
    TRY(const std::string key, ReferenceKey(info));
    if (entry->reference_of != key)
      return Error{ErrorCode::kUnavailable,
                   fmt::format("service {} is not loaded, and its revision was not compared yet", name),
                   "the next request loads it"};
  }
  DriftReport report = MeasureDrift(entry->reference, entry->service->sample().Read(), info.gates.drift);
  report.dataset = entry->reference_dataset;
  return report;
}

Status Services::LearnUsual(std::string_view name) {
  TRY(const auto entry, NeedEntry(name));
  std::lock_guard lock(entry->measuring);
  const CancelToken cancel = BeginLearning(*entry);
  TRY(const ServiceInfo info, Show(name));
  const auto replica = entry->service->Current();
  if (!info.gates.golden || golden_ == nullptr || !info.gates.cases.consent || replica == nullptr) return {};
  return LearnReference(*entry, info, *replica, cancel);
}

void Services::StopLearning() {
  learning_stops_ = true;
  std::shared_lock lock(entries_mutex_);
  for (const auto& [name, entry] : entries_) {
    std::lock_guard learning(entry->learning_mutex);
    entry->learning.Cancel();
  }
}

Result<std::string> Services::ReferenceKey(const ServiceInfo& info) {
  TRY(const std::string version, golden_->Resolve(*info.gates.golden));
  const GoldenGate& gate = *info.gates.golden;
  return fmt::format("{} {} {} {} {} {}", info.current.revision, version, gate.samples, gate.seed, gate.split,
                     gate.target);
}

CancelToken Services::BeginLearning(Entry& entry) const {
  std::lock_guard lock(entry.learning_mutex);
  entry.learning = CancelSource();
  if (learning_stops_) entry.learning.Cancel();
  return entry.learning.token();
}

Status Services::LearnReference(Entry& entry, const ServiceInfo& info, Replica& replica,
                                const CancelToken& cancel) {
  if (replica.info().name != info.current.revision)
    return Error{ErrorCode::kConflict, fmt::format("service {} changes its revision just now", info.name),
                 ""};
  TRY(std::string key, ReferenceKey(info));
  {
    std::lock_guard lock(entry.learning_mutex);
    if (entry.learned == key && entry.reference_of == key) return {};
  }
  const Error changed{ErrorCode::kConflict, fmt::format("the gates of service {} change just now", info.name),
                      ""};
  if (entry.reference_of != key) {
    TRY(const auto set,
        golden_->Load(*info.gates.golden, replica.info().interface, replica.info().answers.classifies()));
    auto seen = GoldenTraffic(replica, *set, cancel);
    if (!seen) return seen.error().code == ErrorCode::kCancelled ? changed : std::move(seen).error();
    entry.reference = *std::move(seen);
    entry.reference_of = key;
    entry.reference_dataset = set->ref;
  }
  auto usual = std::make_shared<const UsualTraffic>(UsualTraffic::Of(entry.reference));
  std::lock_guard lock(entry.learning_mutex);
  if (cancel.Cancelled()) return changed;
  entry.service->cases().SetUsual(std::move(usual));
  entry.learned = std::move(key);
  return {};
}

void Services::ResumeRollout(const ServiceInfo& service) {
  const auto entry = FindEntry(service.name);
  auto resumed = [&]() -> Result<RolloutInfo> {
    TRY(Record record, records_.Get(kRolloutKind, service.rollout));
    TRY(RolloutInfo rollout, ReadRollout(record));
    if (IsFinal(rollout.state)) return rollout;
    rollout = RolloutDriver::Resumed(std::move(rollout), clock_.UnixMillis());
    record.status = RolloutStatusText(rollout);
    TRY_STATUS(records_.CompareAndSwap(record, "server"));
    return rollout;
  }();
  if (resumed && !IsFinal(resumed->state)) return Drive(entry, service.limits, *std::move(resumed));
  // Nothing to go on with: the service is free for the next one.
  const Result<ServiceInfo> freed =
      Write(service.name, "server", [](ServiceInfo& info) { info.rollout.clear(); });
  std::unique_lock lock(entries_mutex_);
  if (!resumed) entry->problem = resumed.error().ToString();
  if (!freed) entry->problem = freed.error().ToString();
}

Status Services::DeleteRollouts(std::string_view name, std::string_view who) {
  TRY(const RecordPage page,
      records_.List({.kind = std::string(kRolloutKind), .prefix = RolloutName(name, ""), .limit = 1000}));
  std::vector<RecordWrite> writes;
  writes.reserve(page.records.size());
  for (const Record& record : page.records) writes.push_back(RecordWrite::Delete(record));
  if (!writes.empty()) TRY_STATUS(records_.Apply(writes, who));
  return {};
}

}  // namespace sinter
