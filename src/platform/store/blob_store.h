// Every byte that Sinter keeps, named by its SHA-256: written once, never changed.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string_view>

#include "base/file.h"
#include "base/hash.h"
#include "base/stream.h"

namespace sinter {

struct BlobInfo {
  Sha256Digest digest;
  uint64_t size = 0;
  bool operator==(const BlobInfo&) const = default;
};

// Where blobs are read from: a store here, or a cache of what a server sent.
class BlobSource {
 public:
  virtual ~BlobSource() = default;
  // The blob's bytes, mapped. kNotFound where it is not there. Any thread.
  virtual Result<std::shared_ptr<const MappedFile>> Open(const Sha256Digest& digest) const = 0;
};

class BlobStore;

// A blob on its way in: hashed as it is written, under a temporary name. Without Commit nothing stays.
// One thread; must not outlive its store.
class BlobWriter {
 public:
  // kResourceExhausted where the blob outgrows its bound or the disk is full.
  Status Write(std::span<const std::byte> bytes);
  Status Write(std::string_view text) { return Write(std::as_bytes(std::span(text.data(), text.size()))); }
  uint64_t size() const { return size_; }
  // Verified against `expected` (kCorrupt), synced, renamed, its folder synced: then it survives a crash.
  // A blob that is there already costs no bytes. Once.
  Result<BlobInfo> Commit(const std::optional<Sha256Digest>& expected = std::nullopt);

 private:
  friend class BlobStore;
  BlobWriter(const BlobStore& store, FileWriter file, uint64_t limit)
      : store_(&store), file_(std::move(file)), limit_(limit) {}
  const BlobStore* store_;
  FileWriter file_;
  Sha256 hash_;
  uint64_t size_ = 0;
  uint64_t limit_;
};

// A folder of blobs. sha256/ab/abcd... is the blob; incoming/SESSION/ holds what is being written by one
// process, which locks that folder: whoever opens the store sweeps the folders that nobody holds, so that
// several processes may share a store and a crash leaves nothing for long. Any thread.
class BlobStore final : public BlobSource {
 public:
  static Result<std::unique_ptr<BlobStore>> Open(const Path& folder);
  ~BlobStore() override;
  BlobStore(const BlobStore&) = delete;
  BlobStore& operator=(const BlobStore&) = delete;

  static constexpr uint64_t kNoLimit = UINT64_MAX;
  Result<BlobWriter> NewWriter(uint64_t limit = kNoLimit);
  Result<BlobInfo> Put(std::span<const std::byte> bytes);
  Result<BlobInfo> Put(std::string_view text);
  Result<BlobInfo> Put(ByteSource& source, uint64_t limit = kNoLimit);
  Result<BlobInfo> PutFile(const Path& path);
  // Takes a file of the same file system over, verified, synced and renamed rather than copied. Whatever
  // comes of it, kCorrupt too, the file is gone; errors of the disk apart. Nobody else may write to it.
  Result<BlobInfo> Adopt(const Path& file, const Sha256Digest& expected);

  bool Has(const Sha256Digest& digest) const;
  Result<uint64_t> Size(const Sha256Digest& digest) const;
  Result<std::shared_ptr<const MappedFile>> Open(const Sha256Digest& digest) const override;
  // A small blob as text; kResourceExhausted over `limit`.
  Result<std::string> ReadText(const Sha256Digest& digest, uint64_t limit) const;
  // Reads it all again; kCorrupt where the bytes are no longer the ones that the name says.
  Status Verify(const Sha256Digest& digest) const;
  Status Remove(const Sha256Digest& digest);
  // Every blob, in no order; the first error of `visit` ends it.
  Status ForEach(const std::function<Status(const BlobInfo&)>& visit) const;
  Path PathOf(const Sha256Digest& digest) const;

 private:
  explicit BlobStore(Path folder) : folder_(std::move(folder)) {}
  Status OpenSession();
  Path folder_;
  Path session_;
  int session_fd_ = -1;
};

}  // namespace sinter
