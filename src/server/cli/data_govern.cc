// sinter data govern: who answers for a data set, and what it may be used for.
#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "server/cli/data_commands.h"
#include "server/cli/output.h"

namespace sinter {
namespace {

std::string name, owner, licence, purpose;
int64_t retention = 0;
bool due_only = false;

// What is older than it may be kept.
Status ListDue(CliContext& context) {
  TRY(ApiClient * client, context.Client());
  const std::string path =
      name.empty() ? "/governance/due" : fmt::format("/governance/due?name={}", EscapeSegment(name));
  TRY(const Json due, client->Get(path));
  if (context.json) {
    fmt::print("{}\n", due.dump());
    return {};
  }
  std::vector<std::vector<std::string>> rows{{"VERSION", "DUE", "MAY BE KEPT", "OWNER", "BYTES"}};
  for (const Json& item : due["items"])
    rows.push_back({TextOf(item, "ref"), Ago(item.value("due_ms", int64_t{0})),
                    fmt::format("{} days", TextOf(item, "retention_days")), TextOf(item, "owner"),
                    Bytes(item.value("bytes", uint64_t{0}))});
  fmt::print("{}", Table(rows));
  return {};
}

Status Govern(CliContext& context, const CLI::App& command) {
  if (due_only) return ListDue(context);
  if (name.empty()) return InvalidArgument("of which data set? Or --due, of all of them");
  TRY(ApiClient * client, context.Client());
  const std::string path = fmt::format("/datasets/{}/governance", EscapeSegment(name));
  Json changes = Json::object();
  if (command.count("--owner") > 0) changes["owner"] = owner;
  if (command.count("--licence") > 0) changes["licence"] = licence;
  if (command.count("--purpose") > 0) changes["purpose"] = purpose;
  if (command.count("--retention-days") > 0) changes["retention_days"] = retention;
  if (!changes.empty()) TRY_STATUS(client->Post(path, changes));
  TRY(const Json governance, client->Get(path));
  if (context.json) {
    fmt::print("{}\n", governance.dump());
    return {};
  }
  const int64_t days = governance.value("retention_days", int64_t{0});
  fmt::print("{}", Table({{"owner", TextOf(governance, "owner")},
                          {"licence", TextOf(governance, "licence")},
                          {"purpose", TextOf(governance, "purpose")},
                          {"retention", days == 0 ? "no end is said" : fmt::format("{} days", days)}}));
  for (const Json& change : governance["history"])
    fmt::print("changed by {} {}\n", TextOf(change, "by"), Ago(change.value("at_ms", int64_t{0})));
  return {};
}

}  // namespace

void AddDataGovernCommand(CLI::App& data, CliContext& context) {
  CLI::App* govern = data.add_subcommand("govern", "Who answers for a data set, and what it may be used for");
  govern->add_option("name", name, "The data set");
  govern->add_flag("--due", due_only, "Lists versions that are older than they may be kept");
  govern->add_option("--owner", owner, "A person or a group");
  govern->add_option("--licence", licence, "CC-BY-4.0, say, or a sentence");
  govern->add_option("--purpose", purpose, "What it may be used for");
  govern->add_option("--retention-days", retention, "How long it may be kept; 0: no end");
  AddPlatformOptions(*govern, context);
  govern->callback(
      [&context, govern] { context.action = [&context, govern] { return Govern(context, *govern); }; });
}

}  // namespace sinter
