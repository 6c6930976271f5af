#include <filesystem>

#include <fmt/format.h>

#include "base/scratch_folder.h"
#include "engine/formats/onnx/onnx.h"
#include "engine/signature/signature.h"
#include "platform/serving/model_source.h"

namespace sinter {
namespace {

constexpr size_t kSignatureLimit = size_t{4} << 20;

Result<const ManifestFile*> OnnxFileOf(const Manifest& manifest) {
  if (const ManifestFile* file = manifest.Find("model.onnx")) return file;
  const ManifestFile* found = nullptr;
  for (const ManifestFile& file : manifest.files) {
    if (!file.path.ends_with(".onnx")) continue;
    if (found != nullptr) {
      return InvalidArgument(fmt::format("both {} and {} could be the model", found->path, file.path),
                             "name the one that is to be served model.onnx");
    }
    found = &file;
  }
  if (found == nullptr) return NotFound("there is no .onnx file in this version");
  return found;
}

// External data is found by its name beside the model: a folder of hard links (copies where the file systems
// differ) gives the store's blobs their names back. The mapped weights outlive the folder.
Result<Module> ImportWithNeighbours(const BlobStore& store, const Manifest& manifest,
                                    const ManifestFile& model, const OnnxImportOptions& options) {
  TRY(const auto folder, ScratchFolder::Create());
  for (const ManifestFile& file : manifest.files) {
    const Path path = folder->path() / file.path;
    TRY_STATUS(MakeFolders(path.parent_path()));
    std::error_code error;
    std::filesystem::create_hard_link(store.PathOf(file.sha256), path, error);
    if (error) std::filesystem::copy_file(store.PathOf(file.sha256), path, error);
    if (error) {
      return Error{ErrorCode::kUnavailable, fmt::format("cannot lay out {}: {}", file.path, error.message()),
                   "is the temporary folder writable, with room for the model?"};
    }
  }
  return ImportOnnx(folder->path() / model.path, options);
}

Result<LoadedModel> LoadVersion(Repositories& models, BlobStore& store, const RepositoryVersion& version) {
  TRY(const Manifest manifest, models.ManifestOf(version));
  TRY(const ManifestFile* file, OnnxFileOf(manifest));
  LoadedModel loaded{version.Ref(), version.id.Hex(), "forward", "", {}};
  const OnnxImportOptions options{.weights_as_constants = true, .function = loaded.function};
  bool neighbours = false;
  for (const ManifestFile& other : manifest.files)
    neighbours = neighbours || other.path.ends_with(".data") || other.path.ends_with("_data");
  if (neighbours) {
    TRY(loaded.module, ImportWithNeighbours(store, manifest, *file, options));
  } else {
    TRY(const auto mapped, store.Open(file->sha256));
    TRY(loaded.module, ImportOnnxBytes(mapped->bytes(), mapped, Path(), options));
  }
  if (const ManifestFile* signature = manifest.Find("signature.json")) {
    TRY(loaded.signature, store.ReadText(signature->sha256, kSignatureLimit));
    // What users send goes through the signature's steps, the ones that evaluation and prediction take.
    TRY(const Signature parsed, ParseSignature(loaded.signature));
    TRY_STATUS(AddPredictFunction(loaded.module, parsed, loaded.function));
    loaded.function = kPredict;
  }
  return loaded;
}

}  // namespace

Result<std::string> HubModelSource::Resolve(std::string_view ref) {
  TRY(const RepositoryVersion version, models_.Find(ref));
  return version.Ref();
}

Result<LoadedModel> HubModelSource::Load(std::string_view ref) {
  TRY(const RepositoryVersion version, models_.Find(ref));
  auto loaded = LoadVersion(models_, store_, version);
  if (!loaded) return std::move(loaded).error().In(fmt::format("model {}", version.Ref()));
  return loaded;
}

}  // namespace sinter
