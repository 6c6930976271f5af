#include "platform/store/partial_blobs.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <utility>

#include <fmt/format.h>

namespace sinter {
namespace fs = std::filesystem;

PartialPiece::PartialPiece(PartialPiece&& other) noexcept
    : store_(other.store_),
      fd_(std::exchange(other.fd_, -1)),
      path_(std::move(other.path_)),
      blob_(other.blob_),
      received_(other.received_) {}

PartialPiece::~PartialPiece() {
  if (fd_ >= 0) ::close(fd_);
}

Status PartialPiece::Write(std::span<const std::byte> bytes) {
  if (bytes.size() > blob_.size - received_)
    return InvalidArgument(fmt::format("more bytes than the {} that the blob was said to have", blob_.size));
  while (!bytes.empty()) {
    const ssize_t n = ::pwrite(fd_, bytes.data(), bytes.size(), static_cast<off_t>(received_));
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return SystemError(errno, "cannot write", path_);
    bytes = bytes.subspan(static_cast<size_t>(n));
    received_ += static_cast<uint64_t>(n);
  }
  return {};
}

Result<std::optional<BlobInfo>> PartialPiece::Finish() {
  if (received_ < blob_.size) return std::optional<BlobInfo>();
  TRY(const BlobInfo info, store_->Adopt(path_, blob_.digest));
  return std::optional<BlobInfo>(info);
}

Result<std::unique_ptr<PartialBlobs>> PartialBlobs::Open(const Path& folder, BlobStore& store) {
  TRY_STATUS(MakeFolders(folder));
  auto partial = std::unique_ptr<PartialBlobs>(new PartialBlobs(folder, store));
  partial->RemoveOlder(kKept, false);
  return partial;
}

PartialBlobs::Removed PartialBlobs::RemoveOlder(std::chrono::milliseconds age, bool dry) {
  Removed removed;
  const auto old = fs::file_time_type::clock::now() - age;
  std::error_code error;
  for (const auto& entry : fs::directory_iterator(folder_, error)) {
    std::error_code failed;
    const auto written = entry.last_write_time(failed);
    const uint64_t size = failed ? 0 : entry.file_size(failed);
    if (failed || written >= old) continue;
    // A piece that comes just now has the lock.
    const int fd = ::open(entry.path().c_str(), O_RDONLY | O_CLOEXEC);
    if (fd < 0) continue;
    if (::flock(fd, LOCK_EX | LOCK_NB) == 0 && (dry || fs::remove(entry.path(), failed))) {
      ++removed.files;
      removed.bytes += size;
    }
    ::close(fd);
  }
  return removed;
}

Path PartialBlobs::PathOf(const Sha256Digest& digest, std::string_view owner) const {
  return folder_ / fmt::format("{}.{}", digest.Hex(), HashText(owner).Hex().substr(0, 16));
}

uint64_t PartialBlobs::Received(const Sha256Digest& digest, std::string_view owner) const {
  return FileSize(PathOf(digest, owner)).value_or(0);
}

Result<PartialPiece> PartialBlobs::Append(const BlobInfo& blob, std::string_view owner, uint64_t offset) {
  Path path = PathOf(blob.digest, owner);
  const int fd = ::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
  if (fd < 0) return SystemError(errno, "cannot open", path);
  PartialPiece piece(store_, fd, path, blob, offset);
  if (::flock(fd, LOCK_EX | LOCK_NB) != 0) {
    if (errno != EWOULDBLOCK) return SystemError(errno, "cannot lock", path);
    return Error{ErrorCode::kConflict,
                 fmt::format("another piece of sha256:{} is coming in", blob.digest.Hex()),
                 "send one after the other"};
  }
  // The one that the lock was waited for may have gone to the store meanwhile, and its name with it.
  struct stat here{}, named{};
  const bool same =
      ::fstat(fd, &here) == 0 && ::stat(path.c_str(), &named) == 0 && here.st_ino == named.st_ino;
  auto received = static_cast<uint64_t>(here.st_size);
  if (same && offset == 0 && received > 0) {
    if (::ftruncate(fd, 0) != 0) return SystemError(errno, "cannot cut", path);
    received = 0;
  }
  if (!same || received != offset || offset > blob.size) {
    return Error{ErrorCode::kConflict,
                 fmt::format("of sha256:{} {} bytes are here; a piece from {} on does not follow them",
                             blob.digest.Hex(), same ? received : 0, offset),
                 "ask again how much is here"};
  }
  return piece;
}

}  // namespace sinter
