#include "platform/hub/garbage.h"

#include <sys/stat.h>

#include <fmt/format.h>

namespace sinter {
namespace fs = std::filesystem;
namespace {

void Count(BlobTotals& totals, const BlobInfo& blob) {
  ++totals.count;
  totals.bytes += blob.size;
}

// A link in the git cache keeps the bytes of a blob that is gone. A repository whose pack is gone was removed
// or packed anew: its folder goes, and is laid out again where it is asked for.
void PruneGitCache(const Path& folder, const BlobStore& store) {
  std::error_code error;
  std::vector<Path> stale;
  for (auto it = fs::recursive_directory_iterator(folder, error);
       !error && it != fs::recursive_directory_iterator(); it.increment(error)) {
    std::error_code failed;
    if (!it->is_regular_file(failed) || failed) continue;
    const Path& path = it->path();
    if (const auto digest = ParseSha256(path.filename().string()); digest && !store.Has(*digest)) {
      stale.push_back(path);
    } else if (path.extension() == ".pack" && it->hard_link_count(failed) == 1 && !failed) {
      stale.push_back(path.parent_path().parent_path().parent_path());  // NAME.git/objects/pack/...
    }
  }
  for (const Path& path : stale) fs::remove_all(path, error);
}

}  // namespace

Result<GarbageReport> CollectGarbage(Home& home, PartialBlobs& partial, const RecordRules& rules,
                                     PackPointers& pointers, const GarbageOptions& options,
                                     const CancelToken& cancel) {
  GarbageReport report;
  const int64_t since_ms = Clock::Real().UnixMillis() - options.grace.count();
  // Begun before the records are read: whoever names a blob from here on has noted it.
  BlobSweep sweep(home.store());
  TRY(LiveBlobs live, MarkLiveBlobs(home.records(), home.store(), rules, pointers, cancel));
  report.guessed_kinds = std::move(live.guessed_kinds);
  TRY_STATUS(home.store().ForEach([&](const BlobInfo& blob) -> Status {
    if (cancel.Cancelled()) return Error{ErrorCode::kCancelled, "the collection was cancelled", ""};
    if (live.all.contains(blob.digest)) {
      Count(report.live, blob);
      return {};
    }
    TRY(const BlobSweep::Outcome outcome, sweep.Remove(blob.digest, since_ms, options.dry));
    if (outcome == BlobSweep::Outcome::kRemoved) Count(report.removed, blob);
    if (outcome == BlobSweep::Outcome::kYoung) Count(report.young, blob);
    return {};
  }));
  const PartialBlobs::Removed pieces = partial.RemoveOlder(PartialBlobs::kKept, options.dry);
  report.partial = {pieces.files, pieces.bytes};
  if (!options.dry && report.removed.count > 0) PruneGitCache(home.CacheFolder() / "git", home.store());
  return report;
}

}  // namespace sinter
