#include "base/file.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <utility>

#include <fmt/format.h>

namespace sinter {
namespace {

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

std::atomic<uint64_t> temporary_count{0};

}  // namespace

Error SystemError(int error_number, std::string_view what, const Path& path) {
  ErrorCode code = ErrorCode::kInternal;
  std::string hint;
  switch (error_number) {
    case ENOENT:
    case ENOTDIR:
      code = ErrorCode::kNotFound;
      break;
    case EEXIST:
      code = ErrorCode::kAlreadyExists;
      break;
    case ENOSPC:
    case EDQUOT:
    case EFBIG:
      code = ErrorCode::kResourceExhausted;
      hint = "free some space and try again; nothing half-written stays";
      break;
    case EACCES:
    case EPERM:
    case EROFS:
      code = ErrorCode::kPermissionDenied;
      break;
    default:
      break;
  }
  return {code, fmt::format("{} {}: {}", what, path.string(), std::strerror(error_number)), std::move(hint)};
}

Result<uint64_t> FileSize(const Path& path) {
  struct stat info{};
  if (::stat(path.c_str(), &info) != 0) return SystemError(errno, "cannot look at", path);
  return static_cast<uint64_t>(info.st_size);
}

Result<std::string> ReadFile(const Path& path, uint64_t limit) {
  Descriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (file.get() < 0) return SystemError(errno, "cannot open", path);
  std::string contents;
  char block[65536];
  while (true) {
    const ssize_t n = ::read(file.get(), block, sizeof block);
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return SystemError(errno, "cannot read", path);
    if (n == 0) return contents;
    if (contents.size() + static_cast<size_t>(n) > limit) {
      return Error{ErrorCode::kResourceExhausted,
                   fmt::format("{} is larger than {} bytes", path.string(), limit), ""};
    }
    contents.append(block, static_cast<size_t>(n));
  }
}

Result<std::shared_ptr<const MappedFile>> MappedFile::Open(const Path& path) {
  Descriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (file.get() < 0) return SystemError(errno, "cannot open", path);
  struct stat info{};
  if (::fstat(file.get(), &info) != 0) return SystemError(errno, "cannot look at", path);
  if (!S_ISREG(info.st_mode)) return InvalidArgument(fmt::format("{} is not a file", path.string()));
  auto mapped = std::shared_ptr<MappedFile>(new MappedFile);
  mapped->size_ = static_cast<size_t>(info.st_size);
  if (mapped->size_ > 0) {
    void* data = ::mmap(nullptr, mapped->size_, PROT_READ, MAP_PRIVATE, file.get(), 0);
    if (data == MAP_FAILED) return SystemError(errno, "cannot map", path);
    mapped->data_ = static_cast<const std::byte*>(data);
  }
  return std::shared_ptr<const MappedFile>(std::move(mapped));
}

MappedFile::~MappedFile() {
  if (data_ != nullptr) ::munmap(const_cast<std::byte*>(data_), size_);
}

Result<FileWriter> FileWriter::Create(const Path& path) {
  FileWriter writer;
  writer.path_ = path;
  writer.temporary_ = path.parent_path() / fmt::format("{}{}{}-{}", path.filename().string(), kTemporaryMark,
                                                       ::getpid(), temporary_count.fetch_add(1));
  writer.fd_ = ::open(writer.temporary_.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
  if (writer.fd_ < 0) {
    const int error = errno;
    writer.temporary_.clear();
    return SystemError(error, "cannot create a file beside", path);
  }
  return writer;
}

FileWriter::FileWriter(FileWriter&& other) noexcept
    : fd_(std::exchange(other.fd_, -1)),
      path_(std::move(other.path_)),
      temporary_(std::move(other.temporary_)) {
  other.temporary_.clear();
}

FileWriter& FileWriter::operator=(FileWriter&& other) noexcept {
  if (this != &other) {
    Discard();
    fd_ = std::exchange(other.fd_, -1);
    path_ = std::move(other.path_);
    temporary_ = std::move(other.temporary_);
    other.temporary_.clear();
  }
  return *this;
}

FileWriter::~FileWriter() { Discard(); }

void FileWriter::Discard() {
  if (fd_ >= 0) ::close(std::exchange(fd_, -1));
  if (!temporary_.empty()) ::unlink(temporary_.c_str());
  temporary_.clear();
}

Status FileWriter::Write(std::span<const std::byte> bytes) {
  while (!bytes.empty()) {
    const ssize_t n = ::write(fd_, bytes.data(), bytes.size());
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return SystemError(errno, "cannot write", path_);
    bytes = bytes.subspan(static_cast<size_t>(n));
  }
  return {};
}

Status FileWriter::Publish() { return PublishAs(Path(path_)); }

Status FileWriter::PublishAs(const Path& path) {
  if (::fsync(fd_) != 0) return SystemError(errno, "cannot sync", path);
  if (::close(std::exchange(fd_, -1)) != 0) return SystemError(errno, "cannot close", path);
  if (::rename(temporary_.c_str(), path.c_str()) != 0) return SystemError(errno, "cannot rename to", path);
  temporary_.clear();
  return SyncFolder(path.parent_path());
}

Status WriteFileAtomically(const Path& path, std::string_view contents) {
  TRY(FileWriter writer, FileWriter::Create(path));
  TRY_STATUS(writer.Write(contents));
  return writer.Publish();
}

Status SyncFolder(const Path& path) {
  const Path folder = path.empty() ? Path(".") : path;
  Descriptor file(::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (file.get() < 0) return SystemError(errno, "cannot open", folder);
  if (::fsync(file.get()) != 0) return SystemError(errno, "cannot sync", folder);
  return {};
}

Status MakeFolders(const Path& path) {
  std::error_code error;
  std::filesystem::create_directories(path, error);
  if (error) return SystemError(error.value(), "cannot make the folder", path);
  return {};
}

TemporaryFolder::TemporaryFolder() {
  std::string name = (std::filesystem::temp_directory_path() / "sinter-XXXXXX").string();
  SINTER_CHECK(::mkdtemp(name.data()) != nullptr);
  path_ = name;
}

TemporaryFolder::~TemporaryFolder() {
  std::error_code ignored;
  std::filesystem::remove_all(path_, ignored);
}

Result<std::unique_ptr<FileLock>> FileLock::Acquire(const Path& path) {
  auto lock = std::unique_ptr<FileLock>(new FileLock);
  lock->fd_ = ::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0644);
  if (lock->fd_ < 0) return SystemError(errno, "cannot open", path);
  if (::flock(lock->fd_, LOCK_EX | LOCK_NB) != 0) {
    if (errno != EWOULDBLOCK) return SystemError(errno, "cannot lock", path);
    char owner[32] = {};
    const ssize_t n = ::pread(lock->fd_, owner, sizeof owner - 1, 0);
    return Error{ErrorCode::kConflict,
                 fmt::format("{} is held by process {}", path.string(),
                             n > 0 ? std::string(owner, static_cast<size_t>(n)) : "unknown"),
                 "stop that process, or use another home"};
  }
  const std::string pid = std::to_string(::getpid());
  if (::ftruncate(lock->fd_, 0) != 0 || ::pwrite(lock->fd_, pid.data(), pid.size(), 0) < 0) {
    return SystemError(errno, "cannot write", path);
  }
  return lock;
}

FileLock::~FileLock() {
  if (fd_ >= 0) ::close(fd_);
}

Result<std::string> NormalisePath(std::string_view path) {
  auto refuse = [&](std::string_view why) {
    return InvalidArgument(fmt::format("path '{}' {}", path.substr(0, 128), why),
                           "give a relative path of plain names");
  };
  if (path.empty()) return refuse("is empty");
  if (path.size() > 1024) return refuse("is longer than 1,024 bytes");
  if (path.front() == '/') return refuse("is absolute");
  for (unsigned char c : path) {
    if (c < 0x20 || c == 0x7f || c == '\\') return refuse("holds a backslash or a control character");
  }
  for (size_t begin = 0; begin <= path.size();) {
    const size_t end = std::min(path.find('/', begin), path.size());
    const std::string_view part = path.substr(begin, end - begin);
    if (part.empty() || part == "." || part == "..") return refuse("has an empty, '.' or '..' part");
    if (part.size() > 255) return refuse("has a part longer than 255 bytes");
    begin = end + 1;
  }
  return std::string(path);
}

}  // namespace sinter
