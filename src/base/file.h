// Files: read within a bound, mapped, written so that a crash leaves the old or the new, never half.
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "base/result.h"

namespace sinter {

using Path = std::filesystem::path;

// The error that errno stands for: ENOENT not_found, ENOSPC/EDQUOT resource_exhausted, EACCES
// permission_denied.
Error SystemError(int error_number, std::string_view what, const Path& path);

// The whole file. Errors: larger than `limit` (kResourceExhausted), absent, unreadable.
Result<std::string> ReadFile(const Path& path, uint64_t limit = uint64_t{1} << 30);
Result<uint64_t> FileSize(const Path& path);

// A file's bytes, read-only, for as long as the object lives. Any thread.
class MappedFile {
 public:
  static Result<std::shared_ptr<const MappedFile>> Open(const Path& path);
  ~MappedFile();
  MappedFile(const MappedFile&) = delete;
  MappedFile& operator=(const MappedFile&) = delete;
  std::span<const std::byte> bytes() const { return {data_, size_}; }

 private:
  MappedFile() = default;
  const std::byte* data_ = nullptr;
  size_t size_ = 0;
};

// A file being written under a temporary name in the folder of its last one. Publish() makes it durable
// (fsync) and visible (rename, fsync of the folder); without it nothing stays. One thread.
class FileWriter {
 public:
  static Result<FileWriter> Create(const Path& path);
  FileWriter(FileWriter&& other) noexcept;
  FileWriter& operator=(FileWriter&& other) noexcept;
  ~FileWriter();
  Status Write(std::span<const std::byte> bytes);
  Status Write(std::string_view text) { return Write(std::as_bytes(std::span(text.data(), text.size()))); }
  Status Publish();                                                // under the path given to Create
  Status PublishAs(const Path& path);                              // under another, on the same file system
  static constexpr std::string_view kTemporaryMark = ".partial-";  // in the name of every temporary file

 private:
  FileWriter() = default;
  void Discard();
  int fd_ = -1;
  Path path_;
  Path temporary_;
};

Status WriteFileAtomically(const Path& path, std::string_view contents);
Status SyncFolder(const Path& path);
Status MakeFolders(const Path& path);

// A folder of our own under the system's temporary folder, removed with the object.
class TemporaryFolder {
 public:
  TemporaryFolder();
  ~TemporaryFolder();
  TemporaryFolder(const TemporaryFolder&) = delete;
  TemporaryFolder& operator=(const TemporaryFolder&) = delete;
  const Path& path() const { return path_; }

 private:
  Path path_;
};

// An exclusive lock on a file, which holds the owner's process id. Released with the object or the process.
class FileLock {
 public:
  // kConflict, naming the process that holds it.
  static Result<std::unique_ptr<FileLock>> Acquire(const Path& path);
  ~FileLock();

 private:
  FileLock() = default;
  int fd_ = -1;
};

// A relative path of foreign origin made safe: '/'-separated, no empty, "." or ".." parts, no NUL, backslash
// or control characters, at most 1,024 bytes. Errors say which rule it breaks.
Result<std::string> NormalisePath(std::string_view path);

}  // namespace sinter
