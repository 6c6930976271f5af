#include "server/cli/data_commands.h"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "server/cli/output.h"

namespace sinter {
namespace {

std::string ref, split = "train", out;

Status Profile(CliContext& context) {
  TRY(ApiClient * client, context.Client());
  TRY(const Json all, client->Get(fmt::format("/datasets/{}/profile", EscapeSegment(ref))));
  if (!out.empty()) {
    TRY(const std::string png, client->GetBytes(fmt::format("/datasets/{}/samples?split={}",
                                                            EscapeSegment(ref), EscapeSegment(split))));
    TRY_STATUS(WriteFileAtomically(out, png));
    fmt::print(stderr, "samples of {} written to {}\n", split, out);
  }
  if (context.json) {
    fmt::print("{}\n", all.dump());
    return {};
  }
  const Json& profile = all["profile"];
  fmt::print("{}\n", all["version"].value("ref", ""));
  for (const Json& s : profile["splits"]) {
    fmt::print("\n{}: {} rows, {} duplicates ({} of rows in earlier splits)\n", TextOf(s, "name"),
               TextOf(s, "rows"), TextOf(s, "duplicates"), TextOf(s, "in_earlier_splits"));
    std::vector<std::vector<std::string>> rows{{"column", "kind", "min", "max", "mean", "std"}};
    for (const Json& column : s.value("columns", Json::array())) {
      rows.push_back({TextOf(column, "name"), TextOf(column, "kind"), TextOf(column, "min"),
                      TextOf(column, "max"), TextOf(column, "mean"), TextOf(column, "std")});
    }
    fmt::print("{}", Table(rows));
    std::vector<std::vector<std::string>> counts{{"class", "rows"}};
    for (const Json& c : s.value("classes", Json::array()))
      counts.push_back({TextOf(c, "name"), TextOf(c, "rows")});
    if (counts.size() > 1) fmt::print("\n{}", Table(counts));
  }
  return {};
}

}  // namespace

void AddDataCommands(CLI::App& app, CliContext& context) {
  CLI::App* data = app.add_subcommand("data", "Data sets and their versions");
  data->require_subcommand(1);
  AddDataAddCommand(*data, context);
  CLI::App* list = data->add_subcommand("list", "The data sets");
  AddPlatformOptions(*list, context);
  list->callback([&context] {
    context.action = [&context]() -> Status {
      TRY(ApiClient * client, context.Client());
      TRY(const Json all, client->Get("/datasets"));
      if (context.json) {
        fmt::print("{}\n", all.dump());
        return {};
      }
      std::vector<std::vector<std::string>> rows{{"NAME", "VERSIONS", "UPDATED"}};
      for (const Json& item : all["items"])
        rows.push_back(
            {TextOf(item, "name"), TextOf(item, "latest"), Ago(item.value("updated_ms", int64_t{0}))});
      fmt::print("{}", Table(rows));
      return {};
    };
  });
  CLI::App* show = data->add_subcommand("show", "A version and its files");
  show->add_option("ref", ref, "NAME or NAME@VERSION")->required();
  AddPlatformOptions(*show, context);
  show->callback([&context] {
    context.action = [&context]() -> Status {
      TRY(ApiClient * client, context.Client());
      TRY(const Json version, client->Get("/datasets/" + EscapeSegment(ref)));
      fmt::print("{}\n", context.json ? version.dump() : version.dump(2));
      return {};
    };
  });
  CLI::App* profile = data->add_subcommand("profile", "Counts, classes, ranges, duplicates, samples");
  profile->add_option("ref", ref, "NAME or NAME@VERSION")->required();
  profile->add_option("--samples", out, "Write samples of each class to this PNG file");
  profile->add_option("--split", split, "Of which split the samples are")->capture_default_str();
  AddPlatformOptions(*profile, context);
  profile->callback([&context] { context.action = [&context] { return Profile(context); }; });
}

}  // namespace sinter
