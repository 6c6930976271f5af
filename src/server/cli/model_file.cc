#include "server/cli/model_file.h"

#include <fmt/format.h>

#include "base/file.h"
#include "engine/formats/onnx/onnx.h"
#include "engine/signature/signature.h"

namespace sinter {

Result<ModelFile> LoadModelFile(const std::string& path, const ModelFileOptions& options) {
  if (!std::filesystem::exists(path))
    return NotFound(fmt::format("there is no file or folder {}", path),
                    "a model of the server is brought here with: sinter model pull NAME");
  const bool is_folder = std::filesystem::is_directory(path);
  const Path file = is_folder ? Path(path) / kModelFile : Path(path);
  auto module = ImportOnnx(
      file, {.weights_as_constants = options.weights_as_constants, .fixed_inputs = options.fixed_inputs});
  if (!module) {
    Error error = std::move(module).error();
    if (error.code == ErrorCode::kCorrupt && error.hint.empty()) error.hint = "is this an ONNX file?";
    return error;
  }
  ModelFile model{*std::move(module), "forward", ""};
  // A file alone says nothing of a signature that happens to lie in its folder, unless it is the folder's
  // model.
  if (!is_folder && file.filename() != kModelFile) return model;
  const Path beside = file.parent_path() / kSignatureFile;
  if (!std::filesystem::exists(beside)) return model;
  TRY(const std::string text, ReadFile(beside, uint64_t{8} << 20));
  auto signature = ParseSignature(text);
  if (!signature) return std::move(signature).error().In(beside.string());
  TRY_STATUS(AddPredictFunction(model.module, *signature));
  model.function = kPredict;
  model.signature = text;
  return model;
}

}  // namespace sinter
