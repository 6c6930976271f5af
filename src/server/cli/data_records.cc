// sinter data trace and forget: single records, followed and given up.
#include <algorithm>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "base/file.h"
#include "server/cli/data_commands.h"
#include "server/cli/output.h"

namespace sinter {
namespace {

std::string ref, where, split, reason, steps;
int64_t row = -1;

Result<Json> Choice() {
  if (where.empty() == (row < 0)) return InvalidArgument("which records? give either --where or --row");
  Json choice = Json::object();
  if (row >= 0) {
    choice["row"] = row;
    if (!split.empty()) choice["split"] = split;
  } else {
    choice["where"] = where;
  }
  return choice;
}

std::string Joined(const Json& names) {
  std::string text;
  for (const Json& name : names) text += (text.empty() ? "" : ", ") + name.get<std::string>();
  return text;
}

// What of the columns that tell a record another version was compared in.
std::string Compared(const Json& told_by, const Json& compared) {
  Json without = Json::array();
  for (const Json& name : told_by) {
    if (std::ranges::find(compared, name) == compared.end()) without.push_back(name);
  }
  return without.empty() ? "all of them" : "without " + Joined(without);
}

void Print(const Json& answer) {
  const std::string of = TextOf(answer["version"], "ref");
  if (answer["records"] == 0) {
    fmt::print("no record of {} fits the condition\n", of);
    return;
  }
  fmt::print("{} records in {} rows of {}, told by {}\n", TextOf(answer, "records"), TextOf(answer, "rows"),
             of, Joined(answer["told_by"]));
  std::vector<std::vector<std::string>> rows{{"VERSION", "ROWS", "POSSIBLE", "COMPARED", "WHAT TO DO"}};
  for (const Json& v : answer["versions"])
    rows.push_back({TextOf(v, "ref"), TextOf(v, "rows"), TextOf(v, "possible"),
                    Compared(answer["told_by"], v["compared"]), TextOf(v, "advice")});
  fmt::print("{}", Table(rows));
  std::vector<std::vector<std::string>> held{{"HELD BY", "NAME", "THROUGH", "STATE", "WHAT TO DO"}};
  for (const Json& h : answer["held"])
    held.push_back({TextOf(h, "kind"), TextOf(h, "ref"), TextOf(h["through"], "ref"),
                    TextOf(h, "state") + (h["certain"] == true ? "" : ", possibly"), TextOf(h, "advice")});
  if (held.size() > 1) fmt::print("{}", Table(held));
  for (const Json& u : answer["unread"])
    fmt::print("not known of {}: {}\n", TextOf(u, "ref"), TextOf(u, "why"));
  fmt::print("not searched: {}\n", Joined(answer["not_searched"]));
}

Status Trace(CliContext& context) {
  TRY(const Json choice, Choice());
  TRY(ApiClient * client, context.Client());
  TRY(const Json answer, client->Post(fmt::format("/datasets/{}/trace", EscapeSegment(ref)), choice));
  if (context.json)
    fmt::print("{}\n", answer.dump());
  else
    Print(answer);
  return {};
}

Status Forget(CliContext& context) {
  TRY(Json choice, Choice());
  if (!reason.empty()) choice["reason"] = reason;
  TRY(ApiClient * client, context.Client());
  TRY(const Json answer, client->Post(fmt::format("/datasets/{}/forget", EscapeSegment(ref)), choice));
  if (!steps.empty()) TRY_STATUS(WriteFileAtomically(steps, answer.value("steps", "")));
  if (context.json) {
    fmt::print("{}\n", answer.dump());
    return {};
  }
  fmt::print("{} holds none of them; nothing else is changed\n", TextOf(answer["made"], "ref"));
  Print(answer);
  return {};
}

void AddChoice(CLI::App& command) {
  command.add_option("--where", where, "A condition, as `data clean` has them: name == 'Ann Lee'");
  command.add_option("--row", row, "One row, counted from 0")->check(CLI::NonNegativeNumber);
  command.add_option("--split", split, "The split of --row (else train, or the first)");
}

}  // namespace

void AddDataRecordCommands(CLI::App& data, CliContext& context) {
  CLI::App* trace = data.add_subcommand(
      "trace", "Which versions, runs, models and services hold records, and what to do with each");
  trace->add_option("ref", ref, "NAME or NAME@VERSION, in which the records are found")->required();
  AddChoice(*trace);
  AddPlatformOptions(*trace, context);
  trace->callback([&context] { context.action = [&context] { return Trace(context); }; });
  CLI::App* forget = data.add_subcommand(
      "forget", "Makes a version without records, and says what holds them still; deletes nothing");
  forget->add_option("name", ref, "The data set")->required();
  AddChoice(*forget);
  forget->add_option("--reason", reason, "Why: kept with the version, so it should name nobody");
  forget->add_option("--save-steps", steps,
                     "Write the step to this file: `data clean` repeats it on later versions");
  AddPlatformOptions(*forget, context);
  forget->callback([&context] { context.action = [&context] { return Forget(context); }; });
}

}  // namespace sinter
