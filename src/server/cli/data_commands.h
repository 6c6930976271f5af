// The commands of `sinter data`, one file each where they are long.
#pragma once

#include <CLI/CLI.hpp>

#include "server/cli/context.h"

namespace sinter {

void AddDataAddCommand(CLI::App& data, CliContext& context);
void AddDataCleanCommands(CLI::App& data, CliContext& context);
void AddDataGovernCommand(CLI::App& data, CliContext& context);
// Labelling: made, looked at and committed; and its work, as scripts do it.
void AddDataLabelCommands(CLI::App& data, CliContext& context);
void AddLabelWorkCommands(CLI::App& label, CliContext& context);
void AddDataProfileCommand(CLI::App& data, CliContext& context);
// Single records: where they are, and a version without them.
void AddDataRecordCommands(CLI::App& data, CliContext& context);

}  // namespace sinter
