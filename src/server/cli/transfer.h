// Files and versions between this machine and a server.
#pragma once

#include <functional>
#include <map>
#include <string>
#include <string_view>

#include "platform/hub/manifest.h"
#include "platform/store/blob_store.h"
#include "server/cli/api_client.h"

namespace sinter {

// How far a transfer is, in bytes.
struct TransferProgress {
  std::string file;
  uint64_t done = 0;
  uint64_t total = 0;
};
using TransferSink = std::function<void(const TransferProgress&)>;

// A folder's files as blobs, hashed where they lie. What is git's (.git, .gitattributes) is left out: the hub
// writes its own. A file that changes afterwards is refused by who receives it. One thread.
class FolderFiles final : public BlobSource {
 public:
  static Result<FolderFiles> Read(const Path& folder);
  const Manifest& manifest() const { return manifest_; }
  Result<std::shared_ptr<const MappedFile>> Open(const Sha256Digest& digest) const override;

 private:
  FolderFiles() = default;
  Manifest manifest_;
  std::map<Sha256Digest, Path> paths_;
};

// Sends the blobs of a manifest that the server lacks, large ones in pieces: what came before a break is not
// sent again. `blobs`: "/blobs", or a run's. `repository`: which they are for, so that what its owner may not
// keep is refused before it is sent.
Status UploadBlobs(ApiClient& client, std::string_view blobs, const BlobSource& source,
                   const Manifest& manifest, const TransferSink& progress = {},
                   std::string_view repository = {});

// Blobs out of a server, kept in a store of this user's for the next time (SINTER_CACHE, or
// ~/.cache/sinter). One thread.
class DownloadedBlobs final : public BlobSource {
 public:
  static Result<std::unique_ptr<DownloadedBlobs>> Create(ApiClient& client, std::string blobs);
  Result<std::shared_ptr<const MappedFile>> Open(const Sha256Digest& digest) const override;

 private:
  DownloadedBlobs(ApiClient& client, std::string blobs, std::unique_ptr<BlobStore> cache)
      : client_(client), blobs_(std::move(blobs)), cache_(std::move(cache)) {}
  ApiClient& client_;
  std::string blobs_;
  std::unique_ptr<BlobStore> cache_;
};

}  // namespace sinter
