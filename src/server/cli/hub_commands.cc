// sinter hub: the home as a whole.
#include <charconv>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "platform/hub/backup.h"
#include "server/cli/context.h"
#include "server/cli/duration.h"
#include "server/cli/output.h"

namespace sinter {
namespace {

std::string grace = "24h", folder, snapshot, records;
bool dry_run = false, quick = false, verify = false;
int64_t rate = 0;
int keep = 5;

std::string bytes, owner;
bool all = false, disk_floor = false;

// A number for the server, null for "none". Powers of 1,000, as disks are sold.
Result<Json> QuotaBytes(const std::string& text) {
  if (text == "none") return Json();
  uint64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  const std::string_view unit(end, static_cast<size_t>(text.data() + text.size() - end));
  uint64_t times = 0;
  if (unit.empty() || unit == "B") times = 1;
  if (unit == "KB") times = 1000;
  if (unit == "MB") times = 1'000'000;
  if (unit == "GB") times = 1'000'000'000;
  if (unit == "TB") times = 1'000'000'000'000;
  if (error == std::errc() && times > 0 && number <= static_cast<uint64_t>(INT64_MAX) / times)
    return Json(number * times);
  return InvalidArgument(fmt::format("'{}' is no number of bytes", text), "50GB, 200MB, or none");
}

// Follows a task to its end: its result, or its error.
Result<Json> Follow(ApiClient& client, std::string_view path, const Json& body) {
  TRY(const Json begun, client.Post(path, body));
  const std::string task = fmt::format("/hub/tasks/{}?wait=1", EscapeSegment(begun.value("task", "")));
  StatusLine line(stderr);
  while (true) {
    TRY(const Json now, client.Get(task));
    if (now.value("state", "") == "done") return now.value("result", Json::object());
    if (now.value("state", "") == "failed") {
      const Json error = now.value("error", Json::object());
      return Error{ErrorCodeNamed(error.value("code", "")), error.value("message", "no message"),
                   error.value("hint", "")};
    }
    line.Share(now.value("what", ""), now.value("done", uint64_t{0}), now.value("total", uint64_t{0}));
  }
}

std::string Totals(const Json& result, std::string_view field) {
  const Json totals = result.value(std::string(field), Json::object());
  return fmt::format("{} ({})", totals.value("count", int64_t{0}), Bytes(totals.value("bytes", uint64_t{0})));
}

Status Collect(CliContext& context) {
  TRY(const auto kept, ParseDuration(grace));
  TRY(ApiClient * client, context.Client());
  TRY(const Json result, Follow(*client, "/hub/gc", {{"grace_s", kept.count()}, {"dry_run", dry_run}}));
  if (context.json) {
    fmt::print("{}\n", result.dump());
    return {};
  }
  fmt::print("{}", Table({{dry_run ? "would remove" : "removed", Totals(result, "removed")},
                          {"pieces of uploads", Totals(result, "partial")},
                          {"too young to go", Totals(result, "young")},
                          {"in use", Totals(result, "live")}}));
  return {};
}

Status Check(CliContext& context) {
  TRY(ApiClient * client, context.Client());
  TRY(const Json result, Follow(*client, "/hub/fsck", {{"quick", quick}, {"bytes_per_second", rate << 20}}));
  const Json problems = result.value("problems", Json::array());
  if (context.json) {
    fmt::print("{}\n", result.dump());
  } else {
    for (const Json& problem : problems) {
      fmt::print("{} {}: {}\n", TextOf(problem, "what"), TextOf(problem, "name"), TextOf(problem, "message"));
      for (const Json& label : problem.value("concerns", Json::array()))
        fmt::print("  concerns {}\n", label.get<std::string>());
    }
    fmt::print("{} records, {} blobs ({}) looked at: {}\n", result.value("records", int64_t{0}),
               result.value("blobs", int64_t{0}), Bytes(result.value("bytes", uint64_t{0})),
               problems.empty() ? "all is well" : fmt::format("{} problems", problems.size()));
  }
  if (problems.empty()) return {};
  return Corrupt(fmt::format("{} problems were found", problems.size()),
                 "bring back what is damaged: push it again, or sinter hub restore");
}

Status BackUp(CliContext& context) {
  TRY(ApiClient * client, context.Client());
  std::error_code error;
  const Path whole = std::filesystem::absolute(folder, error);
  TRY(const Json result,
      Follow(*client, "/hub/backup", {{"folder", whole.string()}, {"keep", keep}, {"verify", verify}}));
  const Json damaged = result.value("damaged", Json::array());
  if (context.json) {
    fmt::print("{}\n", result.dump());
  } else {
    fmt::print("{}", Table({{"snapshot", TextOf(result, "snapshot")},
                            {"blobs", Totals(result, "all")},
                            {"copied now", Totals(result, "copied")},
                            {"removed with old snapshots", Totals(result, "removed")}}));
    fmt::print("to bring it back: sinter hub restore {} --home NEW-HOME\n", whole.string());
  }
  if (damaged.empty()) return {};
  return Corrupt(fmt::format("{} blobs of the home are damaged and not in the backup", damaged.size()),
                 "sinter hub fsck says what they are of");
}

Status Restore(CliContext& context) {
  RestoreOptions options;
  options.backup = folder;
  options.snapshot = snapshot;
  options.home = context.home;
  options.records = records;
  StatusLine line(stderr);
  TRY(const std::string restored,
      RestoreHome(options, [&](std::string_view what, uint64_t done, uint64_t total) {
        line.Share(what, done, total);
      }));
  line.End();
  if (context.json)
    fmt::print("{}\n", Json{{"snapshot", restored}, {"home", context.home.string()}}.dump());
  else
    fmt::print("{} is as it was at {}; start it with: sinter serve --home {}\n", context.home.string(),
               restored, context.home.string());
  return {};
}

Status Quota(CliContext& context, const CLI::App& command) {
  TRY(ApiClient * client, context.Client());
  const std::string path = "/hub/quotas";
  const bool of_owner = command.count("--owner") > 0, of_home = command.count("--all") > 0,
             of_disk = command.count("--floor") > 0;
  Json body = Json::object();
  if (of_owner + of_home + of_disk > 1)
    return InvalidArgument("--owner, --all and --floor are set one at a time");
  if (of_owner + of_home + of_disk == 1) {
    if (command.count("bytes") == 0) return InvalidArgument("how much? 50GB, or none");
    if (of_owner) body["owner"] = owner;
    TRY(body[of_disk ? "floor" : "bytes"], QuotaBytes(bytes));
    TRY_STATUS(client->Post(path, body));
  } else if (command.count("bytes") > 0) {
    return InvalidArgument("whose? --owner NAME, --all, or --floor");
  }
  TRY(const Json quotas, client->Get(path));
  if (context.json) {
    fmt::print("{}\n", quotas.dump());
    return {};
  }
  const auto row = [](const std::string& name, const Json& use) -> std::vector<std::string> {
    const bool limited = use.contains("allowed") && use["allowed"].is_number();
    return {name, Bytes(use.value("used", uint64_t{0})),
            limited ? Bytes(use["allowed"].get<uint64_t>()) : "no limit"};
  };
  std::vector<std::vector<std::string>> rows{{"WHOSE", "USED", "ALLOWED"}, row("all", quotas["home"])};
  for (const auto& [name, use] : quotas["owners"].items())
    rows.push_back(row(name.empty() ? "names without an owner" : name, use));
  fmt::print("{}of the disk stay free: {}\n", Table(rows), Bytes(quotas.value("floor", uint64_t{0})));
  return {};
}

void AddQuota(CLI::App& hub, CliContext& context) {
  CLI::App* quota = hub.add_subcommand("quota", "How much may be kept; without more, how much is");
  quota->add_option("bytes", bytes, "50GB, 200MB, or none");
  quota->add_option("--owner", owner, "Of this owner: the part of names before '/'; '' of names without");
  quota->add_flag("--all", all, "Of all together");
  quota->add_flag("--floor", disk_floor, "What stays free of the disk; none: the default");
  AddPlatformOptions(*quota, context);
  quota->callback(
      [&context, quota] { context.action = [&context, quota] { return Quota(context, *quota); }; });
}

void AddCollect(CLI::App& hub, CliContext& context) {
  CLI::App* gc = hub.add_subcommand("gc", "Removes bytes that nothing names any more");
  gc->add_flag("--dry-run", dry_run, "Only says what would go");
  gc->add_option("--grace", grace, "What was sent or asked for since then stays: 30m, 24h, 7d")
      ->capture_default_str();
  AddPlatformOptions(*gc, context);
  gc->callback([&context] { context.action = [&context] { return Collect(context); }; });
}

void AddCheck(CLI::App& hub, CliContext& context) {
  CLI::App* fsck = hub.add_subcommand("fsck", "Says what is damaged, and whom it concerns");
  fsck->add_flag("--quick", quick, "Records, references and sizes alone; no bytes are read");
  fsck->add_option("--rate", rate, "Of reading, in MiB a second; 0: as fast as the disk is")
      ->check(CLI::Range(int64_t{0}, int64_t{1} << 20))
      ->capture_default_str();
  AddPlatformOptions(*fsck, context);
  fsck->callback([&context] { context.action = [&context] { return Check(context); }; });
}

void AddBackup(CLI::App& hub, CliContext& context) {
  CLI::App* backup = hub.add_subcommand("backup", "Copies the home while it is in use; again: what is new");
  backup->add_option("folder", folder, "Where to, on the server's machine")->required();
  backup->add_option("--keep", keep, "Snapshots")->check(CLI::Range(1, 1000))->capture_default_str();
  backup->add_flag("--verify", verify, "Reads what earlier backups copied once more");
  AddPlatformOptions(*backup, context);
  backup->callback([&context] { context.action = [&context] { return BackUp(context); }; });

  CLI::App* restore = hub.add_subcommand("restore", "Makes a new home out of a backup");
  restore->add_option("folder", folder, "The backup")->required();
  restore->add_option("--home", context.home, "The new home: not there yet, or empty (or SINTER_HOME)");
  restore->add_option("--snapshot", snapshot, "Which moment; the newest when left out");
  restore->add_option("--records", records,
                      "An empty database for records that were in one: postgresql://USER@HOST/DATABASE");
  AddJsonOption(*restore, context);
  restore->callback([&context] { context.action = [&context] { return Restore(context); }; });
}

}  // namespace

void AddHubCommands(CLI::App& app, CliContext& context) {
  CLI::App* hub = app.add_subcommand("hub", "The home as a whole: garbage, check, backup, quotas");
  hub->require_subcommand(1);
  AddCollect(*hub, context);
  AddCheck(*hub, context);
  AddBackup(*hub, context);
  AddQuota(*hub, context);
}

}  // namespace sinter
