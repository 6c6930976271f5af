#include "server/cli/pull.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <set>

#include <fmt/format.h>

#include "platform/hub/git_names.h"

namespace sinter {
namespace fs = std::filesystem;

namespace {

constexpr uint64_t kPiece = uint64_t{8} << 20;

class Descriptor {
 public:
  explicit Descriptor(int fd) : fd_(fd) {}
  ~Descriptor() {
    if (fd_ >= 0) ::close(fd_);
  }
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  int get() const { return fd_; }

 private:
  int fd_;
};

// The folder itself is what is locked: a file for it would have to be left behind, or be removed under the
// feet of who waits for it.
Status Lock(const Descriptor& folder, const Path& path) {
  if (folder.get() < 0) return SystemError(errno, "cannot open", path);
  if (::flock(folder.get(), LOCK_EX | LOCK_NB) == 0) return {};
  if (errno != EWOULDBLOCK) return SystemError(errno, "cannot lock", path);
  return Error{ErrorCode::kConflict, fmt::format("another pull works in {}", path.string()),
               "wait for it, or give another folder"};
}

// Of a file as far as it is there; nothing else is kept in memory.
Result<Sha256> HashSoFar(const Path& path, uint64_t& size) {
  Sha256 hash;
  size = 0;
  std::error_code ignored;
  if (!fs::exists(path, ignored)) return hash;
  TRY(const auto source, FileSource::Open(path));
  std::vector<std::byte> block(256 << 10);
  while (true) {
    TRY(const size_t n, source->Read(block));
    if (n == 0) return hash;
    hash.Update(std::span(block).first(n));
    size += n;
  }
}

class Puller {
 public:
  Puller(ApiClient& client, Path folder, const TransferSink& progress)
      : client_(client), folder_(std::move(folder)), progress_(progress) {}

  Result<PullReport> Run(const Manifest& manifest) {
    for (const ManifestFile& file : manifest.files) shown_.total += file.size;
    for (const ManifestFile& file : manifest.files) {
      shown_.file = file.path;
      const uint64_t before = shown_.done;
      if (Status done = Bring(file); !done) return std::move(done).error().In(file.path);
      shown_.done = before + file.size;
      if (progress_) progress_(shown_);
    }
    // What is left there belongs to versions whose pull was given up.
    std::error_code ignored;
    fs::remove_all(Partials(), ignored);
    report_.files = manifest.files.size();
    return report_;
  }

 private:
  Path Partials() const { return folder_ / kPullFolder; }

  Status Bring(const ManifestFile& file) {
    const Path target = folder_ / file.path;
    TRY(const bool there, IsThere(target, file));
    if (there) return {};
    TRY_STATUS(MakeFolders(target.parent_path()));
    TRY_STATUS(MakeFolders(Partials()));
    const Path partial = Partials() / file.sha256.Hex();
    for (int tries = 0;; ++tries) {
      Status done = Download(partial, file);
      if (done) break;
      // A beginning that was spoilt on the disk here: once again, from the start.
      if (done.error().code != ErrorCode::kCorrupt || tries > 0) return done;
    }
    if (::rename(partial.c_str(), target.c_str()) != 0) return SystemError(errno, "cannot rename to", target);
    return SyncFolder(target.parent_path());
  }

  static Result<bool> IsThere(const Path& target, const ManifestFile& file) {
    const auto size = FileSize(target);
    if (!size || *size != file.size) return false;
    uint64_t read = 0;
    TRY(Sha256 hash, HashSoFar(target, read));
    return hash.Finish() == file.sha256;
  }

  // Verified and synced in the end; kCorrupt, and gone, where it is not what its name says.
  Status Download(const Path& partial, const ManifestFile& file) {
    uint64_t have = 0;
    TRY(Sha256 hash, HashSoFar(partial, have));
    if (have > file.size) {
      std::error_code ignored;
      fs::remove(partial, ignored);
      return Corrupt("more of it is here than there should be");
    }
    const Descriptor out(::open(partial.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0666));
    if (out.get() < 0) return SystemError(errno, "cannot open", partial);
    while (have < file.size) {
      TRY(const std::string piece,
          client_.GetRange("/blobs/" + file.sha256.Hex(), have, std::min(kPiece, file.size - have)));
      for (std::string_view rest = piece; !rest.empty();) {
        const ssize_t n = ::write(out.get(), rest.data(), rest.size());
        if (n < 0 && errno == EINTR) continue;
        if (n < 0) return SystemError(errno, "cannot write", partial);
        rest.remove_prefix(static_cast<size_t>(n));
      }
      hash.Update(piece);
      have += piece.size();
      report_.downloaded += piece.size();
      if (progress_) progress_({shown_.file, shown_.done + have, shown_.total});
    }
    if (hash.Finish() != file.sha256) {
      std::error_code ignored;
      fs::remove(partial, ignored);
      return Corrupt("the bytes are not the ones its sha256 says", "try again");
    }
    if (::fsync(out.get()) != 0) return SystemError(errno, "cannot sync", partial);
    return {};
  }

  ApiClient& client_;
  Path folder_;
  const TransferSink& progress_;
  TransferProgress shown_;
  PullReport report_;
};

}  // namespace

Result<PullReport> PullFiles(ApiClient& client, const Manifest& manifest, const Path& folder,
                             const TransferSink& progress) {
  TRY_STATUS(CheckGitTree(manifest.files));
  for (const ManifestFile& file : manifest.files) {
    if (file.path.starts_with(kPullFolder))
      return InvalidArgument(fmt::format("'{}' is where unfinished files are kept", file.path));
  }
  TRY_STATUS(MakeFolders(folder));
  const Descriptor locked(::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  TRY_STATUS(Lock(locked, folder));
  return Puller(client, folder, progress).Run(manifest);
}

}  // namespace sinter
