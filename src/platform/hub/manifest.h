// What a version holds: a list of paths with the sizes and sha256 of their bytes. It follows from the
// version's commit; its canonical text is kept as a blob, by whose sha256 readers open the version without
// git.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/hash.h"
#include "base/result.h"
#include "platform/store/blob_store.h"

namespace sinter {

struct ManifestFile {
  std::string path;  // as NormalisePath has it
  uint64_t size = 0;
  Sha256Digest sha256;
  bool operator==(const ManifestFile&) const = default;
};

struct Manifest {
  std::vector<ManifestFile> files;  // by path
  const ManifestFile* Find(std::string_view path) const;
  // Paths of foreign origin, in any order; refuses bad ones, the same one twice, and a file that is also a
  // folder of another.
  static Result<Manifest> Make(std::vector<ManifestFile> files);
};

inline constexpr size_t kManifestLimit = size_t{64} << 20;  // bytes of text
inline constexpr size_t kManifestFiles = 200'000;

// {"files":[{"path":"a","sha256":"...","size":1}],"format":"sinter.manifest.v1"}: sorted, no spaces.
std::string ManifestText(const Manifest& manifest);
// Only the canonical text is accepted: two texts of one version would be two ids.
Result<Manifest> ParseManifest(std::string_view text);
Sha256Digest VersionId(const Manifest& manifest);

// Puts the manifest's text into the store, where every file of it must be already, of the size said. Whoever
// then writes a record that names it holds the store (BlobStore::Hold) from before this to after that.
Result<Sha256Digest> PutManifest(BlobStore& store, const Manifest& manifest);
Result<Manifest> ReadManifest(const BlobSource& store, const Sha256Digest& version);

}  // namespace sinter
