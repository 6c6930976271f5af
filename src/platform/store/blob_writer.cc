#include <sys/stat.h>

#include <fmt/format.h>

#include "platform/store/blob_store.h"

namespace sinter {

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
    return Corrupt(fmt::format("the {} bytes received have the sha256 {}, {} was announced", size_,
                               info.digest.Hex(), expected->Hex()),
                   "send them again");
  }
  // The same bytes are there: keep them, and let the temporary file go. A size that differs can only be
  // damage from outside, which the verified bytes in hand repair.
  if (const auto size = store_->Size(info.digest); size && *size == size_) {
    const FileWriter discarded = std::move(file_);
    return info;
  }
  const Path path = store_->PathOf(info.digest);
  const Path folder = path.parent_path();
  if (::mkdir(folder.c_str(), 0777) == 0) {
    TRY_STATUS(SyncFolder(folder.parent_path()));
  } else if (errno != EEXIST) {
    return SystemError(errno, "cannot make the folder", folder);
  }
  TRY_STATUS(file_.PublishAs(path));
  return info;
}

}  // namespace sinter
