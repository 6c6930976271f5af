#include "platform/store/blob_store.h"

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include <cerrno>
#include <utility>
#include <vector>

#include <fmt/format.h>

namespace sinter {
namespace fs = std::filesystem;

namespace {

int LockFolder(const Path& path, int how) {
  const int fd = ::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (fd < 0) return -1;
  int code = 0;
  do code = ::flock(fd, how);
  while (code != 0 && errno == EINTR);
  if (code == 0) return fd;
  const int error = errno;
  ::close(fd);
  errno = error;
  return -1;
}

Error NoBlob(const Sha256Digest& digest) {
  return NotFound(fmt::format("no blob sha256:{}", digest.Hex()), "upload it first");
}

}  // namespace

Result<std::unique_ptr<BlobStore>> BlobStore::Open(const Path& folder) {
  auto store = std::unique_ptr<BlobStore>(new BlobStore(folder));
  TRY_STATUS(MakeFolders(folder / "sha256"));
  TRY_STATUS(MakeFolders(folder / "incoming"));
  TRY_STATUS(SyncFolder(folder));
  TRY_STATUS(store->OpenSession());
  return store;
}

// The lock on incoming/ itself keeps two openers apart, so that neither sweeps the other's folder between its
// making and its locking. The kernel lets go of a dead process's locks.
Status BlobStore::OpenSession() {
  const Path incoming = folder_ / "incoming";
  const int guard = LockFolder(incoming, LOCK_EX);
  if (guard < 0) return SystemError(errno, "cannot lock", incoming);
  std::error_code error;
  for (const auto& entry : fs::directory_iterator(incoming, error)) {
    const int fd = LockFolder(entry.path(), LOCK_EX | LOCK_NB);
    if (fd < 0 && errno == EWOULDBLOCK) continue;
    std::error_code ignored;
    fs::remove_all(entry.path(), ignored);
    if (fd >= 0) ::close(fd);
  }
  std::string name = (incoming / "XXXXXX").string();
  Status status;
  if (::mkdtemp(name.data()) == nullptr) {
    status = SystemError(errno, "cannot make a folder in", incoming);
  } else {
    session_ = name;
    session_fd_ = LockFolder(session_, LOCK_EX | LOCK_NB);
    if (session_fd_ < 0) status = SystemError(errno, "cannot lock", session_);
  }
  ::close(guard);
  return status;
}

BlobStore::~BlobStore() {
  std::error_code ignored;
  if (!session_.empty()) fs::remove_all(session_, ignored);
  if (session_fd_ >= 0) ::close(session_fd_);
}

Path BlobStore::PathOf(const Sha256Digest& digest) const {
  const std::string hex = digest.Hex();
  return folder_ / "sha256" / hex.substr(0, 2) / hex;
}

Result<BlobWriter> BlobStore::NewWriter(uint64_t limit) {
  TRY(FileWriter file, FileWriter::Create(session_ / "blob"));
  return BlobWriter(*this, std::move(file), limit);
}

Result<BlobInfo> BlobStore::Put(std::span<const std::byte> bytes) {
  TRY(BlobWriter writer, NewWriter());
  TRY_STATUS(writer.Write(bytes));
  return writer.Commit();
}

Result<BlobInfo> BlobStore::Put(std::string_view text) {
  return Put(std::as_bytes(std::span(text.data(), text.size())));
}

Result<BlobInfo> BlobStore::Put(ByteSource& source, uint64_t limit) {
  TRY(BlobWriter writer, NewWriter(limit));
  std::vector<std::byte> block(256 << 10);
  while (true) {
    TRY(const size_t n, source.Read(block));
    if (n == 0) return writer.Commit();
    TRY_STATUS(writer.Write(std::span(block).first(n)));
  }
}

Result<BlobInfo> BlobStore::PutFile(const Path& path) {
  TRY(auto source, FileSource::Open(path));
  return Put(*source);
}

bool BlobStore::Has(const Sha256Digest& digest) const { return Size(digest).has_value(); }

Result<uint64_t> BlobStore::Size(const Sha256Digest& digest) const {
  auto size = FileSize(PathOf(digest));
  if (!size && size.error().code == ErrorCode::kNotFound) return NoBlob(digest);
  return size;
}

Result<std::shared_ptr<const MappedFile>> BlobStore::Open(const Sha256Digest& digest) const {
  auto file = MappedFile::Open(PathOf(digest));
  if (!file && file.error().code == ErrorCode::kNotFound) return NoBlob(digest);
  return file;
}

Result<std::string> BlobStore::ReadText(const Sha256Digest& digest, uint64_t limit) const {
  auto text = ReadFile(PathOf(digest), limit);
  if (!text && text.error().code == ErrorCode::kNotFound) return NoBlob(digest);
  return text;
}

Status BlobStore::Verify(const Sha256Digest& digest) const {
  const Path path = PathOf(digest);
  auto source = FileSource::Open(path);
  if (!source) return source.error().code == ErrorCode::kNotFound ? NoBlob(digest) : source.error();
  Sha256 hash;
  std::vector<std::byte> block(256 << 10);
  while (true) {
    TRY(const size_t n, (*source)->Read(block));
    if (n == 0) break;
    hash.Update(std::span(block).first(n));
  }
  const Sha256Digest found = hash.Finish();
  if (found == digest) return {};
  return Corrupt(fmt::format("{}: its bytes have the sha256 {}", path.string(), found.Hex()),
                 "the disk or somebody changed it: remove it and upload it again");
}

Status BlobStore::Remove(const Sha256Digest& digest) {
  const Path path = PathOf(digest);
  if (::unlink(path.c_str()) != 0) {
    if (errno == ENOENT) return NoBlob(digest);
    return SystemError(errno, "cannot remove", path);
  }
  return SyncFolder(path.parent_path());
}

Status BlobStore::ForEach(const std::function<Status(const BlobInfo&)>& visit) const {
  std::error_code error;
  for (auto it = fs::recursive_directory_iterator(folder_ / "sha256", error);
       !error && it != fs::recursive_directory_iterator(); it.increment(error)) {
    const auto digest = ParseSha256(it->path().filename().string());
    if (!digest || !it->is_regular_file(error)) continue;
    const auto size = Size(*digest);
    if (!size) continue;  // removed meanwhile
    TRY_STATUS(visit({*digest, *size}));
  }
  if (error) return SystemError(error.value(), "cannot list", folder_);
  return {};
}

}  // namespace sinter
