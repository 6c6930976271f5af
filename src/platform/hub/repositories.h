// Named repositories with numbered, immutable versions: data sets and models alike.
#pragma once

#include <optional>

#include "platform/hub/manifest.h"
#include "platform/records/records.h"

namespace sinter {

enum class RepositoryKind { kDataset, kModel };
std::string_view RepositoryKindName(RepositoryKind kind);  // "dataset", "model"

struct RepositoryVersion {
  std::string repository;
  int64_t number = 0;   // from 1
  Sha256Digest id;      // of the manifest
  std::string details;  // a JSON object: what the one who added it said about it (run, metrics, card ...)
  uint64_t bytes = 0;   // of all files
  int64_t created_ms = 0;
  std::string created_by;
  std::string Ref() const;  // "name@3"
};

struct RepositoryInfo {
  std::string name;
  int64_t latest = 0;  // number of versions
  int64_t created_ms = 0;
  int64_t updated_ms = 0;
  std::string created_by;
};

struct RepositoryPage {
  std::vector<RepositoryInfo> repositories;
  std::string next;
};

// "fashion" or "owner/fashion": parts of letters, digits, '-', '_' and '.', at most 96 each, starting with a
// letter or digit, not ending in ".git".
Status CheckRepositoryName(std::string_view name);

// Any thread. records and store outlive it.
class Repositories {
 public:
  Repositories(RepositoryKind kind, Records& records, BlobStore& store)
      : kind_(kind), records_(records), store_(store) {}

  // Makes the manifest the next version of `name`, which is made where it is new. Its files must be in the
  // store, and the ones that the kind asks for in the manifest: dataset.json, or signature.json and a model.
  // A manifest that is the latest version already is that version: nothing is added.
  Result<RepositoryVersion> Add(std::string_view name, const Manifest& manifest, std::string_view details,
                                std::string_view who);
  // "name" or "name@latest", "name@3", "name@" and 8 or more digits of a version's id.
  Result<RepositoryVersion> Find(std::string_view ref);
  Result<std::vector<RepositoryVersion>> Versions(std::string_view name);  // newest first, 1,000 at most
  Result<RepositoryPage> List(std::string_view after = {}, int limit = 100);
  Result<Manifest> ManifestOf(const RepositoryVersion& version) { return ReadManifest(store_, version.id); }

 private:
  Status CheckFiles(const Manifest& manifest) const;
  Result<RepositoryVersion> GetVersion(std::string_view name, int64_t number);
  std::string VersionKind() const;
  RepositoryKind kind_;
  Records& records_;
  BlobStore& store_;
};

}  // namespace sinter
