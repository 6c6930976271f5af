// What every command has at hand.
#pragma once

#include <functional>
#include <memory>
#include <string>

#include <CLI/CLI.hpp>

#include "base/file.h"
#include "base/result.h"
#include "server/cli/api_client.h"

namespace sinter {

class ServerInstance;

// Exit codes of the program.
inline constexpr int kExitDone = 0;
inline constexpr int kExitFailed = 1;
inline constexpr int kExitUsage = 2;
inline constexpr int kExitRefused = 3;

class CliContext {
 public:
  CliContext();
  ~CliContext();
  bool json = false;   // --json
  std::string server;  // --server, or SINTER_SERVER
  Path home;           // --home, or SINTER_HOME, or ~/.sinter

  // A client of the server that the options name, of the one that has the home open, or else of one started
  // here for as long as this command runs. With the token of SINTER_TOKEN, or the home's own.
  Result<ApiClient*> Client();

  // As Client(), but starts none: what it asked for would end with this command. kUnavailable says so.
  Result<ApiClient*> RunningServer();

  // What the parsed command is to do; the last one set wins. Errors become the exit code.
  std::function<Status()> action;
  int failed_code = kExitFailed;  // the exit code of an error

 private:
  Result<ApiClient*> FindServer();
  std::unique_ptr<ServerInstance> own_server_;
  std::unique_ptr<ApiClient> client_;
};

// `--json` and `--server`, `--home` on a command that talks to the platform.
void AddPlatformOptions(CLI::App& command, CliContext& context);
void AddJsonOption(CLI::App& command, CliContext& context);

// A verb of a noun that talks to the platform: `act` does it with a client of the server.
CLI::App* AddVerb(CLI::App& noun, CliContext& context, const char* word, const char* help,
                  std::function<Status(ApiClient&)> act);

// One file a noun.
void AddServeCommand(CLI::App& app, CliContext& context);
void AddTokenCommands(CLI::App& app, CliContext& context);
void AddDataCommands(CLI::App& app, CliContext& context);
void AddModelCommands(CLI::App& app, CliContext& context);
void AddRunCommands(CLI::App& app, CliContext& context);
void AddTrainCommand(CLI::App& app, CliContext& context);
void AddInspectCommands(CLI::App& app, CliContext& context);
void AddPredictCommand(CLI::App& app, CliContext& context);
void AddJobCommands(CLI::App& app, CliContext& context);
void AddCostCommand(CLI::App& app, CliContext& context);
void AddSweepCommands(CLI::App& app, CliContext& context);
void AddServiceCommands(CLI::App& app, CliContext& context);
void AddHubCommands(CLI::App& app, CliContext& context);
void AddConsoleCommands(CLI::App& app, CliContext& context);

}  // namespace sinter
