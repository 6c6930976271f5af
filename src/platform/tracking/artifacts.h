// Files that clients of tracking log: blobs under paths, one record a file.
#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "platform/hub/manifest.h"
#include "platform/hub/repositories.h"
#include "platform/records/records.h"
#include "platform/store/blob_store.h"

namespace sinter {

struct ArtifactEntry {
  std::string name;  // within the folder that was listed
  bool folder = false;
  uint64_t size = 0;  // of a file
};

// Paths as MLflow lays them out under "mlflow-artifacts:/": EXPERIMENT/RUN/artifacts/... and
// EXPERIMENT/models/MODEL/artifacts/...; and registry/REPOSITORY/NUMBER/..., the versions of the hub's
// models, which are read alone. A file is one record of kind `artifact`, named by its path, so that files
// that come at the same time do not wait for each other, and a thousandth costs no more than the first.
// Paths are at most 512 bytes. Any thread.
class Artifacts {
 public:
  Artifacts(Records& records, BlobStore& store, Repositories& models)
      : records_(records), store_(store), models_(models) {}
  // The blob is in the store. A file that is there is replaced. kInvalidArgument for a path that is no file
  // of a run or model, that is a folder, or below a file; kNotFound where there is no such run or model.
  Status Put(std::string_view path, const BlobInfo& blob, std::string_view who);
  // What Put would say of the path, before the bytes come.
  Status CheckNew(std::string_view path);
  Result<ManifestFile> Get(std::string_view path);
  // What lies directly in a folder, by name; empty where there is nothing.
  Result<std::vector<ArtifactEntry>> List(std::string_view folder);
  // Every file below a folder, with paths within it.
  Result<std::vector<ManifestFile>> Tree(std::string_view folder);
  // A file, or all below a folder; nothing where there is nothing.
  Status Delete(std::string_view path, std::string_view who);

 private:
  Result<std::vector<ManifestFile>> RegistryTree(std::string_view path);
  Records& records_;
  BlobStore& store_;
  Repositories& models_;
};

inline constexpr std::string_view kArtifactKind = "artifact";
// "registry/": the folder of the hub's models.
inline constexpr std::string_view kRegistryFolder = "registry";
Result<ManifestFile> ReadArtifact(const Record& record);  // its path is the record's name

}  // namespace sinter
