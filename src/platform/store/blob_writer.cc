#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <vector>

#include <fmt/format.h>

#include "platform/store/blob_store.h"

namespace sinter {
namespace {

Status MakePlace(const Path& folder) {
  if (::mkdir(folder.c_str(), 0777) == 0) return SyncFolder(folder.parent_path());
  if (errno == EEXIST) return {};
  return SystemError(errno, "cannot make the folder", folder);
}

Status SyncFile(const Path& path) {
  const int fd = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (fd < 0) return SystemError(errno, "cannot open", path);
  const int code = ::fsync(fd);
  const int error = errno;
  ::close(fd);
  if (code != 0) return SystemError(error, "cannot sync", path);
  return {};
}

Error OtherBytes(uint64_t size, const Sha256Digest& found, const Sha256Digest& expected) {
  return Corrupt(fmt::format("the {} bytes received have the sha256 {}, {} was announced", size, found.Hex(),
                             expected.Hex()),
                 "send them again");
}

}  // namespace

Status BlobWriter::Write(std::span<const std::byte> bytes) {
  if (bytes.size() > limit_ - size_) {
    return Error{ErrorCode::kResourceExhausted,
                 fmt::format("the blob is larger than its bound of {} bytes", limit_),
                 "split it, or raise the bound"};
  }
  TRY_STATUS(file_.Write(bytes));
  hash_.Update(bytes);
  size_ += bytes.size();
  return {};
}

Result<BlobInfo> BlobWriter::Commit(const std::optional<Sha256Digest>& expected) {
  const BlobInfo info{hash_.Finish(), size_};
  if (expected && *expected != info.digest) {
    return OtherBytes(size_, info.digest, *expected);
  }
  // The same bytes are there: keep them, and let the temporary file go. A size that differs can only be
  // damage from outside, which the verified bytes in hand repair.
  if (const auto size = store_->Use(info.digest); size && *size == size_) {
    const FileWriter discarded = std::move(file_);
    return info;
  }
  const Path path = store_->PathOf(info.digest);
  TRY_STATUS(MakePlace(path.parent_path()));
  // A sweep under way, which may have listed the damaged one, leaves this one.
  (void)store_->guard_->Use(info.digest, [] { return true; });
  TRY_STATUS(file_.PublishAs(path));
  return info;
}

Result<BlobInfo> BlobStore::Adopt(const Path& file, const Sha256Digest& expected) {
  BlobInfo info;
  {
    TRY(const auto source, FileSource::Open(file));
    Sha256 hash;
    std::vector<std::byte> block(256 << 10);
    while (true) {
      TRY(const size_t n, source->Read(block));
      if (n == 0) break;
      hash.Update(std::span(block).first(n));
      info.size += n;
    }
    info.digest = hash.Finish();
  }
  std::error_code ignored;
  if (info.digest != expected) {
    std::filesystem::remove(file, ignored);
    return OtherBytes(info.size, info.digest, expected);
  }
  if (const auto size = Use(expected); size && *size == info.size) {
    std::filesystem::remove(file, ignored);
    return info;
  }
  const Path path = PathOf(expected);
  TRY_STATUS(SyncFile(file));
  TRY_STATUS(MakePlace(path.parent_path()));
  (void)guard_->Use(expected, [] { return true; });
  if (::rename(file.c_str(), path.c_str()) != 0) return SystemError(errno, "cannot rename to", path);
  TRY_STATUS(SyncFolder(path.parent_path()));
  return info;
}

}  // namespace sinter
