// A version's files brought into a folder.
#pragma once

#include "server/cli/transfer.h"

namespace sinter {

// What has come of files on their way, in the folder itself: renaming needs one file system.
inline constexpr std::string_view kPullFolder = ".sinter-partial";

struct PullReport {
  uint64_t files = 0;       // of the version
  uint64_t downloaded = 0;  // bytes that came now; the rest was there
};

// Every file is under its name only when all of its bytes are there and have its sha256: downloaded beside,
// verified, synced, renamed. Whatever was interrupted, by SIGKILL too, goes on from where it stopped. Files
// that are there and right are left alone; files that the version does not have are not touched. kConflict
// where another pull works in the folder; kInvalidArgument for paths that would lead out of it or into .git.
Result<PullReport> PullFiles(ApiClient& client, const Manifest& manifest, const Path& folder,
                             const TransferSink& progress = {});

}  // namespace sinter
