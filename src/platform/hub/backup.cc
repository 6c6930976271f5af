#include "platform/hub/backup.h"

#include <algorithm>
#include <cctype>

#include <fmt/format.h>

#include "platform/hub/backup_folder.h"

namespace sinter {
namespace fs = std::filesystem;
namespace {

constexpr const char* kHowTo = "RESTORE.txt";
constexpr std::string_view kHowToText =
    R"(Backups of a Sinter home. Each folder of snapshots/ is one moment; store/ holds the blobs of all of them.

To bring the newest back, on a machine with the same version of Sinter or a newer one:

  sinter hub restore THIS-FOLDER --home NEW-HOME
  sinter serve --home NEW-HOME

NEW-HOME must not be there yet, or be empty. Another moment: --snapshot NAME. Records that were kept in
PostgreSQL go into a database that holds none of Sinter's tables yet: --records postgresql://USER@HOST/NEW,
in both commands. Everything is verified as it is copied. "sinter hub fsck" checks the result once more.
)";

// "20261126T043000.123Z": sorts by time, and is a plain name.
std::string SnapshotName(int64_t now_ms) {
  std::string name;
  for (const char c : FormatUtc(now_ms)) {
    if (c != '-' && c != ':') name.push_back(c);
  }
  return name;
}

// New, empty, or one of ours.
Status OpenFolder(const Path& folder, const Path& home) {
  TRY_STATUS(MakeFolders(folder));
  std::error_code error;
  const Path whole = fs::canonical(folder, error);
  if (error) return SystemError(error.value(), "cannot open", folder);
  const Path of_home = fs::canonical(home, error);
  if (!error && std::ranges::mismatch(of_home, whole).in1 == of_home.end())
    return InvalidArgument(fmt::format("{} lies in the home itself", folder.string()),
                           "a backup on another disk survives this one");
  const bool ours = fs::exists(folder / kHowTo, error) && fs::exists(folder / "snapshots", error);
  const bool empty = fs::is_empty(folder, error) && !error;
  if (!ours && !empty)
    return Error{ErrorCode::kAlreadyExists,
                 fmt::format("{} holds something that is no backup", folder.string()), "name a new folder"};
  TRY_STATUS(MakeFolders(folder / "snapshots"));
  return WriteFileAtomically(folder / kHowTo, kHowToText);
}

void RemoveUnfinished(const Path& folder) {
  std::error_code error;
  std::vector<Path> unfinished;
  for (const auto& entry : fs::directory_iterator(folder / "snapshots", error)) {
    if (entry.path().string().ends_with(kUnfinished)) unfinished.push_back(entry.path());
  }
  for (const Path& path : unfinished) fs::remove_all(path, error);
}

class Backup {
 public:
  Backup(Home& home, const BackupOptions& options, const BackupProgress& progress, const CancelToken& cancel)
      : home_(home), options_(options), progress_(progress), cancel_(cancel) {}

  Result<BackupReport> Run() {
    TRY_STATUS(OpenFolder(options_.folder, home_.folder()));
    TRY(const auto lock, FileLock::Acquire(options_.folder / "lock"));
    RemoveUnfinished(options_.folder);
    TRY(store_, BlobStore::Open(options_.folder / "store"));
    report_.snapshot = SnapshotName(home_.clock().UnixMillis());
    const Path whole = options_.folder / "snapshots" / report_.snapshot;
    const Path folder = whole.string() + std::string(kUnfinished);
    TRY_STATUS(MakeFolders(folder));
    Say("records", 0, 0);
    TRY_STATUS(home_.records().Backup(folder));
    if (options_.copy_databases) TRY_STATUS(options_.copy_databases(folder));
    TRY(const std::string home_json, ReadFile(home_.folder() / "home.json", 64 << 10));
    TRY_STATUS(WriteFileAtomically(folder / "home.json", home_json));
    for (const char* part : {"jobs", "cases"}) TRY_STATUS(CopyFolder(home_.folder() / part, folder / part));
    TRY(const auto blobs, CopyBlobs());
    TRY_STATUS(WriteFileAtomically(folder / "blobs.txt", BlobListText(blobs)));
    TRY_STATUS(SyncFileSystem(folder));
    std::error_code error;
    fs::rename(folder, whole, error);
    if (error) return SystemError(error.value(), "cannot rename to", whole);
    TRY_STATUS(SyncFolder(whole.parent_path()));
    TRY_STATUS(RemoveOld());
    return std::move(report_);
  }

 private:
  void Say(std::string_view what, uint64_t done, uint64_t total) {
    if (progress_) progress_(what, done, total);
  }

  Result<std::vector<BlobInfo>> CopyBlobs() {
    std::vector<BlobInfo> blobs;
    TRY_STATUS(home_.store().ForEach([&](const BlobInfo& blob) -> Status {
      blobs.push_back(blob);
      report_.all.bytes += blob.size;
      return {};
    }));
    uint64_t done = 0;
    std::vector<BlobInfo> whole;
    whole.reserve(blobs.size());
    for (const BlobInfo& blob : blobs) {
      if (cancel_.Cancelled()) return Error{ErrorCode::kCancelled, "the backup was cancelled", ""};
      Say("blobs", done, report_.all.bytes);
      done += blob.size;
      const auto there = store_->Size(blob.digest);
      const bool whole_there =
          there && *there == blob.size && (!options_.verify || store_->Verify(blob.digest));
      if (!whole_there) {
        if (there) TRY_STATUS(store_->Remove(blob.digest));
        TRY(const bool copied, Copy(blob));
        if (!copied) continue;
      }
      whole.push_back(blob);
    }
    report_.all.count = static_cast<int64_t>(blobs.size());
    return whole;
  }

  // False: it is not what its name says.
  Result<bool> Copy(const BlobInfo& blob) {
    TRY(const auto source, FileSource::Open(home_.store().PathOf(blob.digest)));
    TRY(BlobWriter writer, store_->NewWriter());
    std::vector<std::byte> block(1 << 20);
    while (true) {
      TRY(const size_t n, source->Read(block));
      if (n == 0) break;
      TRY_STATUS(writer.Write(std::span(block).first(n)));
    }
    const auto copied = writer.Commit(blob.digest);
    if (!copied && copied.error().code == ErrorCode::kCorrupt) {
      if (report_.damaged.size() < 1000) report_.damaged.push_back(blob.digest.Hex());
      return false;
    }
    if (!copied) return copied.error();
    ++report_.copied.count;
    report_.copied.bytes += blob.size;
    return true;
  }

  // Snapshots beyond those kept, then the blobs that none of the others names.
  Status RemoveOld() {
    const auto names = ListSnapshots(options_.folder);
    const size_t keep = static_cast<size_t>(std::max(1, options_.keep));
    std::error_code error;
    for (size_t i = 0; i + keep < names.size(); ++i)
      fs::remove_all(options_.folder / "snapshots" / names[i], error);
    Sha256Set named;
    for (size_t i = names.size() > keep ? names.size() - keep : 0; i < names.size(); ++i) {
      TRY(const auto blobs, ReadBlobList(options_.folder / "snapshots" / names[i] / "blobs.txt"));
      for (const BlobInfo& blob : blobs) named.insert(blob.digest);
    }
    std::vector<BlobInfo> dead;
    TRY_STATUS(store_->ForEach([&](const BlobInfo& blob) -> Status {
      if (!named.contains(blob.digest)) dead.push_back(blob);
      return {};
    }));
    for (const BlobInfo& blob : dead) {
      TRY_STATUS(store_->Remove(blob.digest));
      ++report_.removed.count;
      report_.removed.bytes += blob.size;
    }
    return {};
  }

  Home& home_;
  const BackupOptions& options_;
  const BackupProgress& progress_;
  const CancelToken& cancel_;
  std::unique_ptr<BlobStore> store_;
  BackupReport report_;
};

}  // namespace

Result<BackupReport> BackUpHome(Home& home, const BackupOptions& options, const BackupProgress& progress,
                                const CancelToken& cancel) {
  return Backup(home, options, progress, cancel).Run();
}

}  // namespace sinter
