// Packs: how the objects of a repository lie in the store.
#pragma once

#include <cstdint>
#include <vector>

#include "platform/hub/git_id.h"
#include "platform/store/blob_store.h"

namespace sinter {

struct GitPack {
  GitId name;         // as git names it: pack-NAME.pack
  Sha256Digest pack;  // blobs of the store
  Sha256Digest index;
  uint64_t objects = 0;
  uint64_t bytes = 0;  // of both
};

// A pack and its index as files.
struct PackFiles {
  GitId name;
  Path pack, index;
  uint64_t objects = 0;
};

// Indexes a pack of foreign origin into a folder. Every object is hashed, and what objects name must be in
// the pack or in the repository. kInvalidArgument, saying why, for what is no pack, is cut off, does not hash
// to its own sum, or is not complete.
Result<PackFiles> IndexPack(const Path& repository, std::span<const std::byte> pack, const Path& folder);
// All objects of a repository as one pack, with its index, in a folder.
Result<PackFiles> PackAll(const Path& repository, const Path& folder);
// The blobs that git-lfs pointers among the pack's objects name; the pack lies beside its index.
Result<std::vector<Sha256Digest>> LfsBlobsOfPack(const Path& index);
Result<GitPack> StorePack(BlobStore& store, const PackFiles& files);

}  // namespace sinter
