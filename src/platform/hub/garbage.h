// Collecting what nothing names any more: blobs, pieces of uploads that nobody goes on with, links in the git
// cache.
#pragma once

#include <chrono>
#include <cstdint>

#include "platform/hub/live_blobs.h"
#include "platform/store/partial_blobs.h"

namespace sinter {

struct GarbageOptions {
  // What was put or used since then stays, named or not: an upload has so long to become a version. By the
  // wall clock, which may jump: then an upload under way may be told to send a file again, and nothing that
  // is named goes.
  std::chrono::milliseconds grace = std::chrono::hours(24);
  bool dry = false;  // only says what would go
};

struct BlobTotals {
  int64_t count = 0;
  uint64_t bytes = 0;
};

struct GarbageReport {
  BlobTotals live, young, removed, partial;  // partial: pieces of uploads, removed
  std::vector<std::string> guessed_kinds;
};

// While others write (BlobSweep). One at a time. Cut off at any moment, nothing that is named is lost, and
// the next one goes on.
Result<GarbageReport> CollectGarbage(Home& home, PartialBlobs& partial, const RecordRules& rules,
                                     PackPointers& pointers, const GarbageOptions& options,
                                     const CancelToken& cancel = {});

}  // namespace sinter
