// sinter service loop: what a service's kept cases become by themselves.
#pragma once

#include <CLI/CLI.hpp>

#include "server/cli/context.h"

namespace sinter {

void AddServiceLoopCommand(CLI::App& service, CliContext& context);

}  // namespace sinter
