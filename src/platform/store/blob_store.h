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
#include "platform/store/sweep_guard.h"

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
  // As Size, and a sweep that did not remove the blob by now leaves it alone for its grace: what whoever was
  // told that a blob is there relies on.
  Result<uint64_t> Use(const Sha256Digest& digest) const;
  // Held from the first Put or Use of the blobs that a record is going to name until the record is written.
  [[nodiscard]] SweepHold Hold() const { return guard_->Enter(); }
  // Every blob, in no order; the first error of `visit` ends it.
  Status ForEach(const std::function<Status(const BlobInfo&)>& visit) const;
  Path PathOf(const Sha256Digest& digest) const;

 private:
  friend class BlobWriter;
  friend class BlobSweep;
  explicit BlobStore(Path folder) : folder_(std::move(folder)), guard_(std::make_unique<SweepGuard>()) {}
  Status OpenSession();
  Path folder_;
  std::unique_ptr<SweepGuard> guard_;
  Path session_;
  int session_fd_ = -1;
};

// Removing what nothing names. Between its beginning and Remove the caller finds out what is named: what was
// put or used meanwhile stays, whatever the caller says. One at a time; one thread.
class BlobSweep {
 public:
  // Waits until whoever holds the store at this moment has written its record.
  explicit BlobSweep(const BlobStore& store);
  ~BlobSweep();
  BlobSweep(const BlobSweep&) = delete;
  BlobSweep& operator=(const BlobSweep&) = delete;
  enum class Outcome : uint8_t { kRemoved, kYoung, kGone };
  // kYoung: put or used since the sweep began, or at `since_ms` of the wall clock or later. With `dry`
  // nothing is removed, and the outcome is what it would be.
  Result<Outcome> Remove(const Sha256Digest& digest, int64_t since_ms, bool dry);

 private:
  const BlobStore& store_;
};

}  // namespace sinter
