// A home copied elsewhere while it is in use, and brought back.
//
//   DEST/RESTORE.txt        how to bring it back
//        lock               of the backup under way
//        store/             blobs, each once, for all snapshots
//        snapshots/TIME/    one moment: records, metrics.db, costs.db, home.json, jobs/, cases/, blobs.txt
#pragma once

#include <functional>
#include <string>

#include "base/cancel.h"
#include "platform/hub/garbage.h"

namespace sinter {

// A record of this kind says that, and from what, records were restored.
inline constexpr std::string_view kRestoreKind = "home_restore";

using BackupProgress = std::function<void(std::string_view what, uint64_t done, uint64_t total)>;

struct BackupOptions {
  Path folder;          // new, empty, or of earlier backups
  int keep = 5;         // snapshots; blobs that only older ones name go
  bool verify = false;  // what earlier backups copied is read once more, and copied again where it is damaged
  // Puts what is kept beside the records (metrics.db, costs.db) into a folder.
  std::function<Status(const Path& folder)> copy_databases;
};

struct BackupReport {
  std::string snapshot;  // its name
  BlobTotals all, copied, removed;
  std::vector<std::string> damaged;  // blobs that are not what they are named after; not copied
};

// First the records as of one moment, then every blob that is there: those that the records name were there
// before. Nothing may be collected meanwhile: the caller's part. Whoever is cut off goes on with the blobs
// that are missing. Everything is hashed as it is copied, and synced before the snapshot has its name.
// Errors: a folder of something else (kAlreadyExists), one in use (kConflict); kCancelled.
Result<BackupReport> BackUpHome(Home& home, const BackupOptions& options, const BackupProgress& progress,
                                const CancelToken& cancel = {});

struct RestoreOptions {
  Path backup;
  std::string snapshot;  // empty: the newest
  Path home;             // not there yet, or empty
  std::string records;   // where they go, for those of PostgreSQL: a database without any
};

// Every blob is hashed as it is copied. The home has its name only when all is there. Whoever followed the
// changes of the home that was is told to read everything again. The snapshot's name.
Result<std::string> RestoreHome(const RestoreOptions& options, const BackupProgress& progress,
                                const CancelToken& cancel = {});

}  // namespace sinter
