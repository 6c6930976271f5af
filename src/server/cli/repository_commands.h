// What data sets and models have in common as repositories: `sinter model ...` and `sinter data ...`.
#pragma once

#include "platform/hub/repositories.h"
#include "server/cli/context.h"

namespace sinter {

// list, push, pull, delete: files between here and there.
void AddRepositoryCommands(CLI::App& noun, CliContext& context, RepositoryKind kind);
// log, branch, tag, lineage: the history.
void AddHistoryCommands(CLI::App& noun, CliContext& context, RepositoryKind kind);
// diff: what changed between two versions, by files.
void AddDiffCommand(CLI::App& noun, CliContext& context, RepositoryKind kind);

// "/models" or "/datasets", and with a name or ref behind it.
std::string RepositoryPath(RepositoryKind kind, std::string_view ref = {});

}  // namespace sinter
