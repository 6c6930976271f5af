// Blobs that arrive piece by piece: what has come stays on the disk, whatever breaks, until the rest comes.
#pragma once

#include <chrono>
#include <memory>
#include <optional>
#include <span>
#include <string_view>

#include "platform/store/blob_store.h"

namespace sinter {

// One piece on its way in. What was written stays when it is dropped. One thread.
class PartialPiece {
 public:
  PartialPiece(PartialPiece&& other) noexcept;
  PartialPiece& operator=(PartialPiece&&) = delete;
  ~PartialPiece();
  // kInvalidArgument where the blob outgrows the size that was said.
  Status Write(std::span<const std::byte> bytes);
  uint64_t received() const { return received_; }
  // Where all of the blob has come, it goes to the store, verified: then it is told; else nothing. Bytes that
  // are not the ones announced are removed (kCorrupt). Once.
  Result<std::optional<BlobInfo>> Finish();

 private:
  friend class PartialBlobs;
  PartialPiece(BlobStore& store, int fd, Path path, const BlobInfo& blob, uint64_t received)
      : store_(&store), fd_(fd), path_(std::move(path)), blob_(blob), received_(received) {}
  BlobStore* store_;
  int fd_;  // locked
  Path path_;
  BlobInfo blob_;
  uint64_t received_;
};

// FOLDER/SHA256.OWNER are the bytes that have come so far, in order. An owner's pieces are its own: others
// cannot spoil them. The folder lies on the store's file system. Any thread, any process.
class PartialBlobs {
 public:
  static constexpr std::chrono::hours kKept{24 * 7};
  // What nobody added to for kKept is removed.
  static Result<std::unique_ptr<PartialBlobs>> Open(const Path& folder, BlobStore& store);
  struct Removed {
    int64_t files = 0;
    uint64_t bytes = 0;
  };
  // What nobody added to for so long; with `dry` it is only counted. One that is being added to stays.
  Removed RemoveOlder(std::chrono::milliseconds age, bool dry);
  // How much of it has come; 0 for one that nobody began.
  uint64_t Received(const Sha256Digest& digest, std::string_view owner) const;
  // The next piece of a blob, from `offset` on; from 0 it begins anew. kConflict where that is not how much
  // has come, or where another piece of it is coming.
  Result<PartialPiece> Append(const BlobInfo& blob, std::string_view owner, uint64_t offset);

 private:
  PartialBlobs(Path folder, BlobStore& store) : folder_(std::move(folder)), store_(store) {}
  Path PathOf(const Sha256Digest& digest, std::string_view owner) const;
  Path folder_;
  BlobStore& store_;
};

}  // namespace sinter
