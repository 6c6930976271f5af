#include "platform/serving/service_record.h"

#include <algorithm>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "base/json.h"

namespace sinter {
namespace {

constexpr size_t kKeptHistory = 50;

}  // namespace

Status CheckServiceName(std::string_view name) {
  const bool plain = !name.empty() && name.size() <= 64 && std::ranges::all_of(name, [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
           c == '_' || c == '.';
  });
  if (plain && name.front() != '.' && name.front() != '-') return {};
  return InvalidArgument(fmt::format("'{}' is no name of a service", name.substr(0, 80)),
                         "1 to 64 letters, digits, '-', '_' and '.', starting with a letter, digit or '_'");
}

Status CheckBatchLimits(const BatchLimits& limits) {
  auto within = [](std::string_view what, int64_t value, int64_t lo, int64_t hi) -> Status {
    if (value >= lo && value <= hi) return {};
    return InvalidArgument(fmt::format("batching.{} is {}; it must be in {}..{}", what, value, lo, hi));
  };
  TRY_STATUS(within("max_rows", limits.max_rows, 1, 4096));
  TRY_STATUS(within("budget_us", limits.budget.count(), 0, 10'000'000));
  TRY_STATUS(within("queue", static_cast<int64_t>(limits.queue), 1, 65'536));
  return within("workers", limits.workers, 1, 64);
}

std::string_view ReplicaKindName(bool process) { return process ? "process" : "in-process"; }

Result<bool> ReadReplicaKind(std::string_view name) {
  for (const bool process : {false, true}) {
    if (name == ReplicaKindName(process)) return process;
  }
  return InvalidArgument(
      fmt::format("replica is '{}'; it must be in-process or process", name.substr(0, 40)));
}

std::string ServiceSpecText(const ServiceInfo& service) {
  return Json{{"model", service.model},
              {"open", service.open},
              {"gates", GatesJson(service.gates)},
              {"replica", ReplicaKindName(service.limits.process)},
              {"scaling", ScalingJson(service.scaling)},
              {"batching",
               {{"max_rows", service.limits.max_rows},
                {"budget_us", service.limits.budget.count()},
                {"queue", service.limits.queue},
                {"workers", service.limits.workers}}}}
      .dump();
}

std::string ServiceStatusText(const ServiceInfo& service) {
  Json history = Json::array();
  const size_t skip = service.history.size() > kKeptHistory ? service.history.size() - kKeptHistory : 0;
  for (size_t i = skip; i < service.history.size(); ++i) {
    const RolloutEntry& entry = service.history[i];
    history.push_back({{"at_ms", entry.at_ms},
                       {"by", entry.by},
                       {"what", entry.what},
                       {"from", RefJson(entry.from)},
                       {"to", RefJson(entry.to)},
                       {"decision", DecisionJson(entry.decision)}});
  }
  Json status = {{"home", service.home},
                 {"current", RefJson(service.current)},
                 {"next_revision", service.next_revision},
                 {"history", std::move(history)}};
  if (service.previous) status["previous"] = RefJson(*service.previous);
  if (!service.rollout.empty()) status["rollout"] = service.rollout;
  return status.dump();
}

Result<ServiceInfo> ReadService(const Record& record) {
  TRY(const Json spec_json, ParseJson(record.spec));
  TRY(const Json status_json, ParseJson(record.status));
  const std::string where = fmt::format("service {}", record.name);
  ServiceInfo service;
  service.name = record.name;
  service.created_ms = record.created_ms;
  service.created_by = record.created_by;
  JsonReader spec(spec_json, where);
  service.model = spec.String("model");
  service.open = spec.Bool("open", true);
  TRY(service.scaling, ReadScaling(spec.OptionalObject("scaling"), where + ": scaling"));
  TRY(service.gates, ReadGates(spec.OptionalObject("gates"), where + ": gates"));
  const std::string replica = spec.String("replica", ReplicaKindName(false));
  JsonReader batching(spec.Object("batching"), where + ": batching");
  service.limits.max_rows = batching.Int("max_rows");
  service.limits.budget = std::chrono::microseconds(batching.Int("budget_us"));
  service.limits.queue = static_cast<size_t>(std::max<int64_t>(0, batching.Int("queue")));
  service.limits.workers = static_cast<int>(std::clamp<int64_t>(batching.Int("workers"), 0, 1000));
  TRY_STATUS(batching.Finish());
  TRY_STATUS(spec.Finish());
  TRY(service.limits.process, ReadReplicaKind(replica));
  TRY_STATUS(CheckBatchLimits(service.limits));

  Status inner;
  JsonReader status(status_json, where);
  service.current = ReadRef(status.Object("current"), where + ": current", inner);
  if (status.Has("previous"))
    service.previous = ReadRef(status.Object("previous"), where + ": previous", inner);
  service.rollout = status.String("rollout", "");
  service.home = status.String("home", "");
  service.next_revision = status.Int("next_revision");
  for (const Json& item : status.Array("history")) {
    JsonReader reader(item, fmt::format("{}: history[{}]", where, service.history.size()));
    RolloutEntry entry;
    entry.at_ms = reader.Int("at_ms");
    entry.by = reader.String("by");
    entry.what = reader.String("what");
    entry.from = ReadRef(reader.Object("from"), reader.where(), inner);
    entry.to = ReadRef(reader.Object("to"), reader.where(), inner);
    entry.decision = ReadDecision(reader.Object("decision"), reader.where(), inner);
    TRY_STATUS(reader.Finish());
    service.history.push_back(std::move(entry));
  }
  TRY_STATUS(status.Finish());
  TRY_STATUS(inner);
  return service;
}

}  // namespace sinter
