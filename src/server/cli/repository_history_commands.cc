#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "server/cli/output.h"
#include "server/cli/repository_commands.h"

namespace sinter {
namespace {

std::string name, ref, other, ref_name, at;
bool move_it = false, delete_it = false;
int64_t limit = 20;

Status ShowLog(CliContext& context, RepositoryKind kind) {
  TRY(ApiClient * client, context.Client());
  TRY(const Json log, client->Get(fmt::format("{}/log?limit={}", RepositoryPath(kind, ref), limit)));
  if (context.json) {
    fmt::print("{}\n", log.dump());
    return {};
  }
  std::vector<std::vector<std::string>> rows{{"COMMIT", "WHEN", "BY", "WHAT"}};
  for (const Json& item : log["items"]) {
    const std::string text = TextOf(item, "message");
    rows.push_back({TextOf(item, "commit").substr(0, 12), Ago(item.value("at_ms", int64_t{0})),
                    TextOf(item, "author"), text.substr(0, text.find('\n'))});
  }
  fmt::print("{}", Table(rows));
  return {};
}

Status ShowDiff(CliContext& context, RepositoryKind kind) {
  TRY(ApiClient * client, context.Client());
  TRY(const Json diff,
      client->Get(fmt::format("{}/diff?to={}", RepositoryPath(kind, ref), EscapeSegment(other))));
  if (context.json) {
    fmt::print("{}\n", diff.dump());
    return {};
  }
  std::vector<std::vector<std::string>> rows;
  std::string texts;
  auto size = [](const Json& side) {
    return side.is_object() ? Bytes(side.value("size", uint64_t{0})) : std::string("-");
  };
  for (const Json& file : diff["files"]) {
    rows.push_back({TextOf(file, "change"), TextOf(file, "path"),
                    fmt::format("{} -> {}", size(file["before"]), size(file["after"]))});
    if (const std::string text = TextOf(file, "text"); !text.empty()) texts += "\n" + text;
  }
  if (rows.empty()) rows.push_back({"nothing changed"});
  fmt::print("{}{}", Table(rows), texts);
  return {};
}

Status ShowLineage(CliContext& context, RepositoryKind kind) {
  TRY(ApiClient * client, context.Client());
  TRY(const Json lineage,
      client->Get(fmt::format("/lineage?kind={}&ref={}", RepositoryKindName(kind), EscapeSegment(ref))));
  if (context.json) {
    fmt::print("{}\n", lineage.dump());
    return {};
  }
  // Each step with what leads to it, in the order from where it came to what came of it.
  std::vector<std::vector<std::string>> rows{{"", "WHAT", "WHICH", "FROM"}};
  for (const Json& step : lineage["steps"]) {
    std::string from;
    for (const Json& edge : lineage["edges"]) {
      if (edge["to"]["kind"] == step["kind"] && edge["to"]["ref"] == step["ref"])
        from += (from.empty() ? "" : ", ") +
                fmt::format("{} by {}", TextOf(edge, "how"), TextOf(edge["from"], "ref"));
    }
    const int64_t distance = step.value("distance", int64_t{0});
    rows.push_back({distance == 0 ? "*" : "", TextOf(step, "kind"), TextOf(step, "ref"), from});
  }
  fmt::print("{}", Table(rows));
  return {};
}

Status ListRefs(CliContext& context, ApiClient& client, RepositoryKind kind, std::string_view root) {
  TRY(const Json refs, client.Get(RepositoryPath(kind, name) + "/refs"));
  if (context.json) {
    fmt::print("{}\n", refs.dump());
    return {};
  }
  std::vector<std::vector<std::string>> rows{{"NAME", "COMMIT", "MOVED", "BY"}};
  for (const Json& item : refs["items"]) {
    const std::string full = TextOf(item, "name");
    if (!full.starts_with(root)) continue;
    rows.push_back({full.substr(root.size()), TextOf(item, "commit").substr(0, 12),
                    Ago(item.value("updated_ms", int64_t{0})), TextOf(item, "updated_by")});
  }
  fmt::print("{}", Table(rows));
  return {};
}

// Where the ref stands now, as the server is told that we saw it; "" where it is not there.
Result<std::string> Seen(ApiClient& client, RepositoryKind kind, const std::string& full) {
  TRY(const Json refs, client.Get(RepositoryPath(kind, name) + "/refs"));
  for (const Json& item : refs["items"]) {
    if (TextOf(item, "name") == full) return TextOf(item, "commit");
  }
  return std::string();
}

Status ChangeRef(CliContext& context, RepositoryKind kind, std::string_view root) {
  TRY(ApiClient * client, context.Client());
  if (ref_name.empty()) return ListRefs(context, *client, kind, root);
  const std::string full = std::string(root) + ref_name;
  const std::string path = fmt::format("{}/refs/{}", RepositoryPath(kind, name), EscapeSegment(full));
  TRY(const std::string seen, move_it || delete_it ? Seen(*client, kind, full) : Result<std::string>(""));
  if (delete_it) {
    TRY_STATUS(client->Delete(path + (seen.empty() ? "" : "?expected=" + seen)));
    return {};
  }
  if (move_it && seen.empty()) return NotFound(fmt::format("{} has no {}", name, full));
  TRY(const Json version, client->Put(path, {{"at", at.empty() ? "latest" : at}, {"expected", seen}}));
  fmt::print("{}\n", context.json ? version.dump() : version.value("ref", ""));
  return {};
}

}  // namespace

void AddHistoryCommands(CLI::App& noun, CliContext& context, RepositoryKind kind) {
  CLI::App* log = noun.add_subcommand("log", "The commits that led to a version");
  log->add_option("ref", ref, "NAME, or NAME@VERSION, BRANCH, TAG or COMMIT")->required();
  log->add_option("--limit", limit, "How many")->capture_default_str();
  AddPlatformOptions(*log, context);
  log->callback([&context, kind] { context.action = [&context, kind] { return ShowLog(context, kind); }; });

  for (const bool tag : {false, true}) {
    CLI::App* command =
        noun.add_subcommand(tag ? "tag" : "branch", tag ? "The tags, or one made, moved or deleted"
                                                        : "The branches, or one made, moved or deleted");
    command->add_option("name", name, "The repository")->required();
    command->add_option(tag ? "tag" : "branch", ref_name, "Its name; all of them are listed when left out");
    command->add_option("--at", at,
                        "The version, branch, tag or commit that it names; the latest when left out");
    command->add_flag("--move", move_it, "It is there and moves");
    command->add_flag("--delete", delete_it, "It goes; its commits stay");
    AddPlatformOptions(*command, context);
    command->callback([&context, kind, tag] {
      context.action = [&context, kind, tag] {
        return ChangeRef(context, kind, tag ? "refs/tags/" : "refs/heads/");
      };
    });
  }

  CLI::App* lineage = noun.add_subcommand("lineage", "Where a version came from and what came of it");
  lineage->add_option("ref", ref, "NAME or NAME@VERSION")->required();
  AddPlatformOptions(*lineage, context);
  lineage->callback(
      [&context, kind] { context.action = [&context, kind] { return ShowLineage(context, kind); }; });
}

void AddDiffCommand(CLI::App& noun, CliContext& context, RepositoryKind kind) {
  if (kind == RepositoryKind::kDataset) return;  // theirs is by rows: data_clean.cc
  CLI::App* diff = noun.add_subcommand("diff", "What changed between two versions");
  diff->add_option("ref", ref, "NAME@VERSION")->required();
  diff->add_option("other", other, "NAME@VERSION, or @VERSION of the same name")->required();
  AddPlatformOptions(*diff, context);
  diff->callback([&context, kind] { context.action = [&context, kind] { return ShowDiff(context, kind); }; });
}

}  // namespace sinter
