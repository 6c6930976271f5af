// Giving data sets and models up, under /sinter/v1 (admin alone):
//   DELETE /datasets/REF?reason=   "me/d@3": one version; "me/d": all of it
//   DELETE /models/REF?reason=     the same
//   GET    /governance/due?name=   versions of data sets that are older than they may be kept
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/json.h"
#include "server/api/platform.h"

namespace sinter {

// Who works with a version now, for people: "run fit-abc", "service digits". Empty `version`: any version.
Result<std::vector<std::string>> HoldersOf(Platform& platform, RepositoryKind kind, std::string_view name,
                                           const RepositoryVersion* version);

// {"removed":[REF]}. kConflict, naming them, where somebody works with it; kInvalidArgument without a reason.
// The bytes go with the next collection of garbage.
Result<Json> RemoveVersions(Platform& platform, RepositoryKind kind, std::string_view ref,
                            std::string_view reason, std::string_view who);

// {"items":[{"name","ref","created_ms","due_ms","retention_days","owner","bytes"}]}, the longest due first.
// `name`: of that data set alone.
Result<Json> RetentionDue(Platform& platform, std::string_view name = {});

}  // namespace sinter
