// A folder that somebody works in, as git sees it. Only looked at: libgit2 runs no hooks, no filters and no
// fsmonitor, whatever the folder's configuration asks for.
#pragma once

#include <optional>
#include <string>

#include "base/file.h"

namespace sinter {

struct WorkTreeState {
  std::string commit;  // HEAD's, 40 digits; empty: nothing was committed yet
  bool dirty = false;  // files differ from it: changed, added, removed, or untracked and not ignored
  std::string diff;    // where dirty: sha256 of the difference (of files above 16 MiB, of names and sizes)
};

// Of the repository that the folder belongs to, the whole of it but submodules. Absent: it belongs to none.
// Errors: kPermissionDenied for a repository of another user; kResourceExhausted where more than 10,000 files
// differ; kCorrupt.
Result<std::optional<WorkTreeState>> StateOfWorkTree(const Path& folder);

}  // namespace sinter
