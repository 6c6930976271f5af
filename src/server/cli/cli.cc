#include "server/cli/cli.h"

#include <fmt/format.h>

#include "server/api/routes.h"
#include "server/cli/context.h"

namespace sinter {
namespace {

// The first word that neither the program nor the command given takes; "" when there is none.
std::string UnknownWord(const CLI::App& app) {
  if (const auto words = app.remaining(); !words.empty()) return words.front();
  for (const CLI::App* command : app.get_subcommands()) {
    if (const std::string word = UnknownWord(*command); !word.empty()) return word;
  }
  return "";
}

}  // namespace

int RunCommandLine(int count, char** words) {
  CLI::App app("Sinter: from data to a service, in one program.", "sinter");
  app.set_version_flag("--version", fmt::format("sinter {}", kVersion));
  app.require_subcommand(1);
  // Every command's help ends with it.
  app.footer("Exit codes: 0 done; 1 failed, the reason on stderr; 2 wrong usage; 3 refused by a gate.");
  CliContext context;
  AddServeCommand(app, context);
  AddTokenCommands(app, context);
  AddInspectCommands(app, context);
  AddPredictCommand(app, context);
  AddDataCommands(app, context);
  AddTrainCommand(app, context);
  AddRunCommands(app, context);
  AddJobCommands(app, context);
  AddSweepCommands(app, context);
  AddCostCommand(app, context);
  AddModelCommands(app, context);
  AddServiceCommands(app, context);
  AddHubCommands(app, context);
  AddConsoleCommands(app, context);
  try {
    app.parse(count, words);
  } catch (const CLI::ParseError& error) {
    // A mistyped command is first noticed as one that is missing: then the word itself is named.
    if (const std::string word = UnknownWord(app); error.get_name() == "RequiredError" && !word.empty())
      fmt::print(stderr, "'{}' is not known here\n", word);
    const int code = app.exit(error);
    return code == 0 ? kExitDone : kExitUsage;
  }
  if (!context.action) return kExitUsage;
  const Status done = context.action();
  if (done) return kExitDone;
  fmt::print(stderr, "sinter: {}\n", done.error().ToString());
  return context.failed_code;
}

}  // namespace sinter
