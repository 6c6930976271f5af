#include "server/cli/data_commands.h"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "server/cli/media_workers.h"
#include "server/cli/output.h"
#include "server/cli/repository_commands.h"

namespace sinter {
namespace {

std::string ref, worker_socket;

}  // namespace

void AddDataCommands(CLI::App& app, CliContext& context) {
  CLI::App* data = app.add_subcommand("data", "Data sets and their versions");
  data->require_subcommand(1);
  AddDataAddCommand(*data, context);
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
  // What an import starts; not for people.
  CLI::App* worker = app.add_subcommand("media-worker", "")->group("");
  worker->add_option("--socket", worker_socket)->required();
  worker->callback([&context] {
    context.action = []() -> Status {
      if (MediaWorkerMain(worker_socket) == 0) return {};
      return Error{ErrorCode::kUnavailable, "there is no import to work for", ""};
    };
  });
  AddDataProfileCommand(*data, context);
  AddDataCleanCommands(*data, context);
  AddDataLabelCommands(*data, context);
  AddDataGovernCommand(*data, context);
  AddDataRecordCommands(*data, context);
  AddRepositoryCommands(*data, context, RepositoryKind::kDataset);
  AddHistoryCommands(*data, context, RepositoryKind::kDataset);
}

}  // namespace sinter
