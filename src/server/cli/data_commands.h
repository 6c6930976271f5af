// The commands of `sinter data`, one file each where they are long.
#pragma once

#include <CLI/CLI.hpp>

#include "server/cli/context.h"

namespace sinter {

void AddDataAddCommand(CLI::App& data, CliContext& context);
void AddDataCleanCommands(CLI::App& data, CliContext& context);
void AddDataGovernCommand(CLI::App& data, CliContext& context);
void AddDataProfileCommand(CLI::App& data, CliContext& context);

}  // namespace sinter
