// Is everything there that something relies on, and is it what it was?
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "base/cancel.h"
#include "platform/hub/record_rules.h"

namespace sinter {

struct FsckOptions {
  // Bytes are not read: records, references, sizes and presence alone.
  bool quick = false;
  uint64_t bytes_per_second = 0;  // of the reading of blobs; 0: as fast as the disk gives them
};

struct FsckProblem {
  std::string what;                   // "database", "record", "reference", "manifest", "blob", "git"
  std::string name;                   // "sha256:...", "model fashion@2"
  std::string message;                // what is wrong with it
  std::vector<std::string> concerns;  // versions, runs and services that rely on it; 100 at most
};

struct FsckReport {
  int64_t records = 0, blobs = 0;
  uint64_t bytes = 0;                      // read and hashed
  std::vector<FsckProblem> problems;       // 1,000 at most
  std::vector<std::string> unknown_kinds;  // of records that no rule knows: only looked through
};

using FsckProgress = std::function<void(std::string_view what, uint64_t done, uint64_t total)>;

// While others write: what is made meanwhile is not looked at, what goes meanwhile is not missed. Mends
// nothing, but that a small text which the store lost is put back out of its pack, as git's part is read.
// Errors: records that cannot be listed; kCancelled.
Result<FsckReport> CheckHome(Home& home, Repositories& datasets, Repositories& models,
                             const RecordRules& rules, const FsckOptions& options,
                             const FsckProgress& progress, const CancelToken& cancel = {});

}  // namespace sinter
