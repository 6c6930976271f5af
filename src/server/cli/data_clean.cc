// sinter data clean, append and diff: versions out of versions, and what differs between them.
#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "base/file.h"
#include "server/cli/data_commands.h"
#include "server/cli/output.h"

namespace sinter {
namespace {

std::string ref, steps, as, with, key, split, to, message;
bool apply = false;

// "name" of "name@3".
std::string NameOf(const std::string& text) { return text.substr(0, text.find('@')); }

Status Clean(CliContext& context) {
  TRY(ApiClient * client, context.Client());
  TRY(const std::string yaml, ReadFile(steps, uint64_t{1} << 20));
  const auto answer =
      client->Post(fmt::format("/datasets/{}/clean", EscapeSegment(as.empty() ? NameOf(ref) : as)),
                   {{"from", ref}, {"steps", yaml}, {"apply", apply}});
  if (!answer) {
    Error error = answer.error();
    return std::move(error).In(steps);
  }
  if (context.json) {
    fmt::print("{}\n", answer->dump());
    return {};
  }
  int number = 0;
  for (const Json& r : answer->at("steps")) {
    Json step = r["step"];
    const std::string name = TextOf(step, "step");
    step.erase("step");
    fmt::print("{}. {} {}\n   {} of {} rows touched, {} left{}\n", ++number, name, step.dump(),
               TextOf(r, "touched"), TextOf(r, "rows"), TextOf(r, "left"),
               r["note"] == "" ? "" : ", " + TextOf(r, "note"));
    for (const Json& e : r["examples"])
      fmt::print("   {} {}: {} -> {}\n", TextOf(e, "split"), TextOf(e, "row"), TextOf(e, "before"),
                 TextOf(e, "after"));
  }
  const Json& version = answer->at("version");
  if (version.is_null())
    fmt::print("nothing is changed yet: --apply makes the version\n");
  else
    fmt::print("{}  {}  {}\n", TextOf(version, "ref"), TextOf(version, "id").substr(0, 12),
               Bytes(version.value("bytes", uint64_t{0})));
  return {};
}

std::string PlaceText(const Json& change, std::string_view side) {
  const auto found = change.find(side);
  return found == change.end() ? "" : fmt::format("{} {}", TextOf(*found, "split"), TextOf(*found, "row"));
}

Status Diff(CliContext& context) {
  TRY(ApiClient * client, context.Client());
  TRY(const Json diff, client->Get(fmt::format("/datasets/{}/compare?with={}&key={}", EscapeSegment(ref),
                                               EscapeSegment(with), EscapeSegment(key))));
  if (context.json) {
    fmt::print("{}\n", diff.dump());
    return {};
  }
  const Json& rows = diff["rows"];
  fmt::print("{} -> {}: {} rows the same, {} added, {} removed, {} changed, {} moved between splits\n",
             TextOf(diff["before"], "ref"), TextOf(diff["after"], "ref"), TextOf(rows, "same"),
             TextOf(rows, "added"), TextOf(rows, "removed"), TextOf(rows, "changed"), TextOf(rows, "moved"));
  for (const Json& name : diff["added_columns"]) fmt::print("+ column {}\n", name.get<std::string>());
  for (const Json& name : diff["removed_columns"]) fmt::print("- column {}\n", name.get<std::string>());
  for (const Json& text : diff["changed_columns"]) fmt::print("~ column {}\n", text.get<std::string>());
  std::vector<std::vector<std::string>> counts{{"SPLIT", "CLASS", "BEFORE", "AFTER"}};
  for (const Json& s : diff["splits"]) {
    counts.push_back({TextOf(s, "name"), "", TextOf(s, "before"), TextOf(s, "after")});
    for (const Json& c : s["classes"]) {
      if (c["before"] != c["after"])
        counts.push_back(
            {"", c["name"] == "" ? "(missing)" : TextOf(c, "name"), TextOf(c, "before"), TextOf(c, "after")});
    }
  }
  fmt::print("{}", Table(counts));
  std::vector<std::vector<std::string>> examples{{"ROW", "KEY", "BEFORE", "AFTER", "COLUMNS"}};
  for (const Json& e : diff["examples"]) {
    if (examples.size() > 20) break;
    std::string columns;
    for (const Json& name : e.value("columns", Json::array()))
      columns += (columns.empty() ? "" : ", ") + name.get<std::string>();
    examples.push_back(
        {TextOf(e, "what"), TextOf(e, "key"), PlaceText(e, "before"), PlaceText(e, "after"), columns});
  }
  if (examples.size() > 1) fmt::print("{}", Table(examples));
  return {};
}

Status Append(CliContext& context) {
  TRY(ApiClient * client, context.Client());
  TRY(const Json made, client->Post(fmt::format("/datasets/{}/append", EscapeSegment(ref)),
                                    {{"from", with}, {"split", split}, {"to", to}, {"message", message}}));
  if (context.json) {
    fmt::print("{}\n", made.dump());
    return {};
  }
  fmt::print("{}: {} rows of {} ({}) behind those of {}", TextOf(made["version"], "ref"),
             TextOf(made, "rows"), TextOf(made, "from"), TextOf(made, "split"), TextOf(made, "to"));
  const int64_t left_out = made.value("left_out", int64_t{0});
  fmt::print("{}\n", left_out == 0 ? "" : fmt::format("; {} left out, which another split has", left_out));
  return {};
}

}  // namespace

void AddDataCleanCommands(CLI::App& data, CliContext& context) {
  CLI::App* clean =
      data.add_subcommand("clean", "Applies a list of steps: what they would touch, then a new version");
  clean->add_option("ref", ref, "NAME or NAME@VERSION")->required();
  clean
      ->add_option("steps", steps,
                   "A YAML file: drop, fill, cast, filter, deduplicate, relabel, mask, forget")
      ->required();
  clean->add_flag("--apply", apply, "Make the version; without it nothing is changed");
  clean->add_option("--as", as, "What the data set of the new version is called (else as before)");
  AddPlatformOptions(*clean, context);
  clean->callback([&context] { context.action = [&context] { return Clean(context); }; });
  CLI::App* append = data.add_subcommand("append", "Puts rows of another data set behind those of this one");
  append->add_option("name", ref, "The data set: its newest version gets them")->required();
  append->add_option("from", with, "NAME or NAME@VERSION, of the same columns")->required();
  append->add_option("--split", split, "Of which split (default: the only one, or train)");
  append->add_option("--to", to, "Behind the rows of which (default: train, or the first)");
  append->add_option("-m,--message", message, "What the version's history says");
  AddPlatformOptions(*append, context);
  append->callback([&context] { context.action = [&context] { return Append(context); }; });
  CLI::App* diff = data.add_subcommand("diff", "What changed from one version to another");
  diff->add_option("before", ref, "NAME@VERSION")->required();
  diff->add_option("after", with, "NAME@VERSION")->required();
  diff->add_option("--key", key, "A column that tells rows apart; without it their contents do");
  AddPlatformOptions(*diff, context);
  diff->callback([&context] { context.action = [&context] { return Diff(context); }; });
}

}  // namespace sinter
