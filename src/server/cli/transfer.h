// Files and versions between this machine and a server.
#pragma once

#include <functional>
#include <string>
#include <string_view>

#include "platform/hub/manifest.h"
#include "platform/store/blob_store.h"
#include "server/cli/api_client.h"

namespace sinter {

// Sends the blobs of a manifest that the server has not yet, out of `store`. `blobs`: "/blobs", or a run's.
// Large ones go in parts (server/api/blob_parts.h): what the server has acknowledged is not sent again,
// whenever either side was killed. `progress`: bytes of the manifest that are there, of all.
Status UploadBlobs(ApiClient& client, std::string_view blobs, const BlobStore& store,
                   const Manifest& manifest,
                   const std::function<void(uint64_t done, uint64_t total)>& progress = {});
// The manifest of a folder's files, put into `store`.
Result<Manifest> StoreFolder(BlobStore& store, const Path& folder);

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
