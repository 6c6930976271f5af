#include <sys/stat.h>

#include <cerrno>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "base/json.h"
#include "platform/hub/backup.h"
#include "platform/hub/backup_folder.h"
#include "platform/records/postgres_records.h"
#include "platform/records/sqlite_records.h"

namespace sinter {
namespace fs = std::filesystem;
namespace {

Result<std::string> ChooseSnapshot(const RestoreOptions& options) {
  const auto names = ListSnapshots(options.backup);
  if (names.empty())
    return NotFound(fmt::format("{} holds no finished backup", options.backup.string()),
                    "make one: sinter hub backup FOLDER");
  if (options.snapshot.empty()) return names.back();
  for (const std::string& name : names) {
    if (name == options.snapshot) return name;
  }
  return NotFound(fmt::format("{} has no snapshot '{}'", options.backup.string(), options.snapshot),
                  fmt::format("the newest is {}", names.back()));
}

Status CheckTarget(const Path& home) {
  std::error_code error;
  if (!fs::exists(home, error)) return {};
  if (fs::is_directory(home, error) && fs::is_empty(home, error) && !error) return {};
  return Error{ErrorCode::kAlreadyExists, fmt::format("{} is there and not empty", home.string()),
               "restore into a new folder"};
}

Status CopyBlobs(const RestoreOptions& options, const Path& snapshot, const Path& home,
                 const BackupProgress& progress, const CancelToken& cancel) {
  TRY(const auto blobs, ReadBlobList(snapshot / "blobs.txt"));
  TRY(const auto from, BlobStore::Open(options.backup / "store"));
  TRY(const auto to, BlobStore::Open(home / "store"));
  uint64_t total = 0, done = 0;
  for (const BlobInfo& blob : blobs) total += blob.size;
  for (const BlobInfo& blob : blobs) {
    if (cancel.Cancelled()) return Error{ErrorCode::kCancelled, "the restore was cancelled", ""};
    if (progress) progress("blobs", done, total);
    TRY(const BlobInfo copied, to->PutFile(from->PathOf(blob.digest)));
    if (copied != blob)
      return Corrupt(fmt::format("the backup's blob sha256:{} is damaged", blob.digest.Hex()),
                     "back up once more from the home itself, or take another snapshot");
    done += blob.size;
  }
  return {};
}

Status RestoreRecords(const RestoreOptions& options, const std::string& snapshot, const Path& folder,
                      const Path& home) {
  TRY(const std::string text, ReadFile(folder / "home.json", 64 << 10));
  TRY(const Json layout, ParseJson(text));
  const bool postgres = layout.is_object() && layout.value("records", "sqlite") == "postgresql";
  if (postgres == options.records.empty())
    return InvalidArgument(
        postgres ? "the records were in PostgreSQL" : "the records were in SQLite",
        postgres ? "say which empty database they go to: --records postgresql://..." : "leave --records out");
  TRY_STATUS(WriteFileAtomically(home / "home.json", text));
  std::unique_ptr<Records> records;
  if (postgres) {
    TRY_STATUS(RestorePostgresRecords(folder, options.records));
    TRY(records, OpenPostgresRecords(options.records));
  } else {
    TRY_STATUS(RestoreSqliteRecords(folder, home / "records.db"));
    TRY(records, OpenSqliteRecords(home / "records.db"));
  }
  TRY_STATUS(records->BeginEpoch());
  const int64_t now = Clock::Real().UnixMillis();
  TRY_STATUS(records->Create(std::string(kRestoreKind), fmt::format("{}", now),
                             Json{{"snapshot", snapshot}}.dump(), "{}", "restore"));
  return {};
}

}  // namespace

Result<std::string> RestoreHome(const RestoreOptions& options, const BackupProgress& progress,
                                const CancelToken& cancel) {
  TRY(std::string snapshot, ChooseSnapshot(options));
  TRY_STATUS(CheckTarget(options.home));
  const Path folder = options.backup / "snapshots" / snapshot;
  // Under another name until all is there: a home that is half restored is none.
  const Path home = options.home.string() + ".restoring";
  std::error_code error;
  fs::remove_all(home, error);
  if (home.has_parent_path()) TRY_STATUS(MakeFolders(home.parent_path()));
  if (::mkdir(home.c_str(), 0700) != 0) return SystemError(errno, "cannot make", home);
  TRY_STATUS(CopyBlobs(options, folder, home, progress, cancel));
  for (const char* database : {"metrics.db", "costs.db"}) {
    if (!fs::exists(folder / database, error)) continue;
    fs::copy_file(folder / database, home / database, error);
    if (error) return SystemError(error.value(), "cannot copy to", home);
  }
  for (const char* part : {"jobs", "cases"}) TRY_STATUS(CopyFolder(folder / part, home / part));
  TRY_STATUS(RestoreRecords(options, snapshot, folder, home));
  TRY_STATUS(SyncFileSystem(home));
  fs::rename(home, options.home, error);
  if (error) return SystemError(error.value(), "cannot rename to", options.home);
  TRY_STATUS(SyncFolder(fs::absolute(options.home).parent_path()));
  return snapshot;
}

}  // namespace sinter
