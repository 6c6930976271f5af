#include "server/cli/cli.h"

#include <fmt/format.h>

#include "server/api/routes.h"
#include "server/cli/context.h"

namespace sinter {

int RunCommandLine(int count, char** words) {
  CLI::App app("Sinter: from data to a service, in one program.", "sinter");
  app.set_version_flag("--version", fmt::format("sinter {}", kVersion));
  app.require_subcommand(1);
  CliContext context;
  AddServeCommand(app, context);
  AddTokenCommands(app, context);
  AddInspectCommands(app, context);
  AddPredictCommand(app, context);
  AddDataCommands(app, context);
  AddTrainCommand(app, context);
  AddRunCommands(app, context);
  AddModelCommands(app, context);
  AddServiceCommands(app, context);
  try {
    app.parse(count, words);
  } catch (const CLI::ParseError& error) {
    const int code = app.exit(error);
    return code == 0 ? kExitDone : kExitUsage;
  }
  if (!context.action) return kExitUsage;
  const Status done = context.action();
  if (done) return kExitDone;
  fmt::print(stderr, "sinter: {}\n", done.error().ToString());
  return kExitFailed;
}

}  // namespace sinter
