#include "server/api/hub_api.h"

#include <nlohmann/json.hpp>

#include "platform/hub/backup.h"
#include "platform/hub/fsck.h"
#include "server/api/routes.h"
#include "server/api/upkeep.h"

namespace sinter {
namespace {

Json TotalsJson(const BlobTotals& totals) { return {{"count", totals.count}, {"bytes", totals.bytes}}; }

Json FsckJson(const FsckReport& report) {
  Json problems = Json::array();
  for (const FsckProblem& problem : report.problems) {
    problems.push_back({{"what", problem.what},
                        {"name", problem.name},
                        {"message", problem.message},
                        {"concerns", problem.concerns}});
  }
  return {{"records", report.records},
          {"blobs", report.blobs},
          {"bytes", report.bytes},
          {"problems", std::move(problems)},
          {"unknown_kinds", report.unknown_kinds}};
}

Result<Json> ReadGc(Platform& platform, HttpRequest& request) {
  Json body = Json::object();
  if (!request.body.empty()) {
    TRY(body, request.JsonBody());
  }
  JsonReader reader(body, "gc");
  GarbageOptions options;
  const int64_t grace =
      reader.Int("grace_s", std::chrono::duration_cast<std::chrono::seconds>(options.grace).count());
  options.dry = reader.Bool("dry_run", false);
  if (grace < 0 || grace > int64_t{366} * 24 * 3600) reader.Fail("grace_s", "must be 0 to a year");
  TRY_STATUS(reader.Finish());
  options.grace = std::chrono::seconds(grace);
  TRY(const std::string task, StartCollection(platform, options));
  return Json{{"task", task}};
}

}  // namespace

Result<std::string> StartCollection(Platform& platform, const GarbageOptions& options) {
  return platform.upkeep().Start(
      "gc",
      [&platform, options](const Upkeep::Progress& progress, const CancelToken& cancel) -> Result<Json> {
        progress("garbage", 0, 0);
        TRY(const GarbageReport report,
            CollectGarbage(platform.home(), platform.partial_blobs(), platform.record_rules(),
                           platform.pack_pointers(), options, cancel));
        return Json{{"live", TotalsJson(report.live)},
                    {"young", TotalsJson(report.young)},
                    {"removed", TotalsJson(report.removed)},
                    {"partial", TotalsJson(report.partial)},
                    {"dry_run", options.dry},
                    {"unknown_kinds", report.guessed_kinds}};
      });
}

Result<std::string> StartFsck(Platform& platform, const Json& body) {
  JsonReader reader(body, "fsck");
  FsckOptions options;
  options.quick = reader.Bool("quick", false);
  const int64_t rate = reader.Int("bytes_per_second", 0);
  if (rate < 0) reader.Fail("bytes_per_second", "must not be negative");
  TRY_STATUS(reader.Finish());
  options.bytes_per_second = static_cast<uint64_t>(rate);
  return platform.upkeep().Start(
      "fsck",
      [&platform, options](const Upkeep::Progress& progress, const CancelToken& cancel) -> Result<Json> {
        TRY(FsckReport report, CheckHome(platform.home(), platform.repositories(RepositoryKind::kDataset),
                                         platform.repositories(RepositoryKind::kModel),
                                         platform.record_rules(), options, progress, cancel));
        if (!options.quick) {
          progress("metrics", 0, 0);
          if (const Status sound = platform.metrics().CheckIntegrity(); !sound)
            report.problems.push_back({"database", "metrics", sound.error().message, {}});
        }
        return FsckJson(report);
      });
}

Result<std::string> StartBackup(Platform& platform, const Json& body) {
  JsonReader reader(body, "backup");
  BackupOptions options;
  options.folder = reader.String("folder");
  const int64_t keep = reader.Int("keep", options.keep);
  options.verify = reader.Bool("verify", false);
  if (!options.folder.is_absolute()) reader.Fail("folder", "must be a whole path, on the server's machine");
  if (keep < 1 || keep > 1000) reader.Fail("keep", "must be 1 to 1,000");
  TRY_STATUS(reader.Finish());
  options.keep = static_cast<int>(keep);
  options.copy_databases = [&platform](const Path& folder) -> Status {
    TRY_STATUS(platform.metrics().BackupTo(folder / "metrics.db"));
    return platform.costs().BackupTo(folder / "costs.db");
  };
  return platform.upkeep().Start(
      "backup",
      [&platform, options](const Upkeep::Progress& progress, const CancelToken& cancel) -> Result<Json> {
        TRY(const BackupReport report, BackUpHome(platform.home(), options, progress, cancel));
        return Json{{"snapshot", report.snapshot},           {"folder", options.folder.string()},
                    {"all", TotalsJson(report.all)},         {"copied", TotalsJson(report.copied)},
                    {"removed", TotalsJson(report.removed)}, {"damaged", report.damaged}};
      });
}

namespace {

Result<Json> UseJson(Platform& platform, std::optional<std::string_view> owner) {
  TRY(const StoreUse use, platform.quotas().Use(owner));
  return Json{{"used", use.used}, {"allowed", use.allowed ? Json(*use.allowed) : Json()}};
}

}  // namespace

Result<Json> ShowQuotas(Platform& platform) {
  TRY(const auto owners, platform.quotas().Owners());
  Json of_owners = Json::object();
  for (const std::string& owner : owners) {
    TRY(of_owners[owner], UseJson(platform, owner));
  }
  TRY(const uint64_t floor, platform.quotas().Floor());
  TRY(Json home, UseJson(platform, std::nullopt));
  return Json{{"home", std::move(home)}, {"owners", std::move(of_owners)}, {"floor", floor}};
}

Result<Json> SetQuota(Platform& platform, const Json& body, std::string_view who) {
  JsonReader reader(body, "quota");
  const bool floor = reader.Has("floor");
  const std::string field = floor ? "floor" : "bytes";
  const Json* value = reader.Any(field);
  std::optional<uint64_t> bytes;
  if (value == nullptr) {
    reader.Fail(field, "is missing: a number of bytes, or null for none");
  } else if (!value->is_null()) {
    const int64_t number = reader.Int(field);
    if (number < 0) reader.Fail(field, "must not be negative");
    bytes = static_cast<uint64_t>(number);
  }
  std::optional<std::string> owner;
  if (!floor && reader.Has("owner")) owner = reader.String("owner");
  TRY_STATUS(reader.Finish());
  TRY_STATUS(floor ? platform.quotas().SetFloor(bytes, who) : platform.quotas().Set(owner, bytes, who));
  return ShowQuotas(platform);
}

std::vector<Route> HubRoutes(Platform& platform) {
  std::vector<Route> routes;
  const auto task = [](Result<std::string> started) -> Result<Json> {
    if (!started) return std::move(started).error();
    return Json{{"task", *started}};
  };
  routes.push_back(JsonRoute("POST", "/sinter/v1/hub/gc", Access::kAdmin,
                             "Begins to remove blobs that nothing names any more.",
                             [&platform](HttpRequest& r) { return ReadGc(platform, r); }));
  routes.push_back(JsonRoute("POST", "/sinter/v1/hub/fsck", Access::kAdmin,
                             "Begins to check records, references, blobs, packs and databases.",
                             [&platform, task](HttpRequest& r) -> Result<Json> {
                               TRY(const Json body, r.JsonBody());
                               return task(StartFsck(platform, body));
                             }));
  routes.push_back(JsonRoute("POST", "/sinter/v1/hub/backup", Access::kAdmin,
                             "Begins to copy the home to a folder of the server's machine.",
                             [&platform, task](HttpRequest& r) -> Result<Json> {
                               TRY(const Json body, r.JsonBody());
                               return task(StartBackup(platform, body));
                             }));
  routes.push_back(JsonRoute("GET", "/sinter/v1/hub/tasks/{task}", Access::kAdmin,
                             "How far a task is, and what came of it.",
                             [&platform](HttpRequest& r) -> Result<Json> {
                               TRY(const int64_t wait, r.QueryInt("wait", 0, 0, 20));
                               return platform.upkeep().Show(r.Parameter("task"), std::chrono::seconds(wait));
                             }));
  routes.push_back(JsonRoute("DELETE", "/sinter/v1/hub/tasks/{task}", Access::kAdmin, "Stops a task.",
                             [&platform](HttpRequest& r) -> Result<Json> {
                               TRY_STATUS(platform.upkeep().Cancel(r.Parameter("task")));
                               return Json::object();
                             }));
  routes.push_back(JsonRoute("GET", "/sinter/v1/hub/quotas", Access::kRead,
                             "How much is kept, and may be kept, by owner and in all.",
                             [&platform](HttpRequest&) { return ShowQuotas(platform); }));
  routes.push_back(JsonRoute("POST", "/sinter/v1/hub/quotas", Access::kAdmin,
                             "Sets or lifts the quota of an owner or of the home, or the disk's floor.",
                             [&platform](HttpRequest& r) -> Result<Json> {
                               TRY(const Json body, r.JsonBody());
                               return SetQuota(platform, body, r.principal.name);
                             }));
  return routes;
}

}  // namespace sinter
