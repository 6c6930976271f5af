#include "server/api/console_overview.h"

#include <algorithm>
#include <filesystem>
#include <vector>

#include <nlohmann/json.hpp>

#include "base/clock.h"
#include "server/api/removal_api.h"
#include "server/api/routes.h"

namespace sinter {
namespace {

constexpr size_t kRuns = 50;
constexpr int64_t kWeekMillis = int64_t{7} * 24 * 3600 * 1000;
constexpr uint64_t kLowBytes = uint64_t{10} << 30;

Json Attention(std::string_view kind, std::string_view name, int64_t at_ms, std::string_view message) {
  return {{"kind", kind}, {"name", name}, {"at_ms", at_ms}, {"message", message}};
}

Json RunInShort(const RunInfo& run, int64_t now) {
  int64_t took = 0;
  for (const RunAttempt& attempt : run.attempts)
    took += std::max<int64_t>(0, (attempt.ended_ms == 0 ? now : attempt.ended_ms) - attempt.started_ms);
  if (run.tracking.outside)
    took = std::max<int64_t>(0, (run.done() ? run.ended_ms() : now) - run.started_ms());
  return {{"id", run.id},
          {"state", RunStateName(run.state)},
          {"step", run.step},
          {"steps", run.steps},
          {"ranks", run.ranks},
          {"attempt", run.attempt()},
          {"dataset", run.dataset},
          {"model", run.model},
          {"message", run.message},
          {"created_ms", run.created_ms},
          {"created_by", run.created_by},
          {"started_ms", run.attempts.empty() ? run.tracking.start_ms : run.attempts.back().started_ms},
          {"ended_ms", run.attempts.empty() ? run.tracking.end_ms : run.attempts.back().ended_ms},
          {"took_ms", took}};
}

Result<Json> NewestRuns(Platform& platform, int64_t now, Json& attention) {
  TRY(const auto runs, platform.runs().List(kRuns));
  Json items = Json::array();
  for (const RunInfo& run : runs) {
    items.push_back(RunInShort(run, now));
    const int64_t ended = run.attempts.empty() ? run.started_ms() : run.attempts.back().ended_ms;
    if (run.state == RunState::kFailed && now - ended < kWeekMillis)
      attention.push_back(Attention("run_failed", run.id, ended, run.message));
  }
  return items;
}

Result<Json> ServicesInShort(Platform& platform, int64_t now, Json& attention) {
  TRY(const Services::Page page, platform.services().List({}, 1000));
  Json items = Json::array();
  for (const ServiceInfo& service : page.services) {
    Json item = {{"name", service.name},
                 {"ready", service.ready},
                 {"problem", service.problem},
                 {"revision", service.current.revision},
                 {"model", service.current.model}};
    if (const auto live = platform.services().Find(service.name); live != nullptr) {
      const ServiceStats stats = live->Stats();
      item["succeeded"] = stats.total.succeeded;
      item["failed"] = stats.total.failed + stats.total.refused;
    }
    items.push_back(std::move(item));
    if (!service.ready) attention.push_back(Attention("service_down", service.name, now, service.problem));
    if (!service.history.empty() && service.history.back().decision.action == RolloutAction::kRefuse) {
      const RolloutEntry& last = service.history.back();
      attention.push_back(Attention("rollout_refused", service.name, last.at_ms, last.decision.reason));
    }
  }
  return items;
}

Result<Json> RepositoriesInShort(Platform& platform, RepositoryKind kind) {
  TRY(const RepositoryPage page, platform.repositories(kind).List({}, 1000));
  Json items = Json::array();
  for (const RepositoryInfo& info : page.repositories)
    items.push_back({{"name", info.name}, {"latest", info.latest}, {"updated_ms", info.updated_ms}});
  return items;
}

}  // namespace

Result<Json> RunsInShort(Platform& platform, size_t limit) {
  const int64_t now = Clock::Real().UnixMillis();
  TRY(const auto runs, platform.runs().List(limit));
  Json items = Json::array();
  for (const RunInfo& run : runs) items.push_back(RunInShort(run, now));
  return Json{{"items", std::move(items)}};
}

Result<Json> Overview(Platform& platform) {
  const int64_t now = Clock::Real().UnixMillis();
  Json attention = Json::array();
  TRY(Json runs, NewestRuns(platform, now, attention));
  TRY(Json services, ServicesInShort(platform, now, attention));
  TRY(Json datasets, RepositoriesInShort(platform, RepositoryKind::kDataset));
  TRY(Json models, RepositoriesInShort(platform, RepositoryKind::kModel));
  TRY(const Json due, RetentionDue(platform));
  for (const Json& one : due["items"])
    attention.push_back(Attention("retention_due", one.value("ref", ""), one.value("due_ms", now), ""));
  std::error_code failed;
  const auto space = std::filesystem::space(platform.home().folder(), failed);
  Json disk = nullptr;
  if (!failed) {
    disk = {{"free", space.available}, {"total", space.capacity}};
    if (space.available < kLowBytes && space.available < space.capacity / 10)
      attention.push_back(Attention("disk_low", "", now, ""));
  }
  std::vector<Json> newest(attention.begin(), attention.end());
  std::ranges::stable_sort(newest, [](const Json& a, const Json& b) { return a["at_ms"] > b["at_ms"]; });
  return Json{{"version", kVersion},
              {"now_ms", now},
              {"runs", std::move(runs)},
              {"services", std::move(services)},
              {"datasets", std::move(datasets)},
              {"models", std::move(models)},
              {"disk", std::move(disk)},
              {"attention", std::move(newest)}};
}

}  // namespace sinter
