// Bytes that come in order, from a file, memory or a decoder.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstring>
#include <memory>
#include <span>

#include "base/file.h"
#include "base/result.h"

namespace sinter {

// One thread at a time.
class ByteSource {
 public:
  virtual ~ByteSource() = default;
  // Fills at most out.size() bytes and says how many; 0 is the end.
  virtual Result<size_t> Read(std::span<std::byte> out) = 0;
};

// Bytes in memory, which must outlive it.
class SpanSource final : public ByteSource {
 public:
  explicit SpanSource(std::span<const std::byte> bytes) : bytes_(bytes) {}
  Result<size_t> Read(std::span<std::byte> out) override {
    const size_t n = std::min(out.size(), bytes_.size());
    if (n > 0) std::memcpy(out.data(), bytes_.data(), n);
    bytes_ = bytes_.subspan(n);
    return n;
  }

 private:
  std::span<const std::byte> bytes_;
};

// A file read from its start. Unlike a mapping, it survives the file being cut short meanwhile.
class FileSource final : public ByteSource {
 public:
  static Result<std::unique_ptr<FileSource>> Open(const Path& path);
  ~FileSource() override;
  FileSource(const FileSource&) = delete;
  FileSource& operator=(const FileSource&) = delete;
  Result<size_t> Read(std::span<std::byte> out) override;

 private:
  FileSource(int fd, Path path) : fd_(fd), path_(std::move(path)) {}
  int fd_;
  Path path_;
};

}  // namespace sinter
