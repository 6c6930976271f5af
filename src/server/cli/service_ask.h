// sinter service ask: what a service says of pictures, without a client of one's own.
#pragma once

#include <CLI/CLI.hpp>

#include "server/cli/context.h"

namespace sinter {

void AddServiceAskCommand(CLI::App& service, CliContext& context);

}  // namespace sinter
