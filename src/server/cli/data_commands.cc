#include "server/cli/data_commands.h"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "server/cli/output.h"

namespace sinter {
namespace {

std::string ref;

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
  AddDataProfileCommand(*data, context);
  AddDataCleanCommands(*data, context);
  AddDataGovernCommand(*data, context);
}

}  // namespace sinter
