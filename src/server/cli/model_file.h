// A model as commands name it: a file, or a folder with its signature.
#pragma once

#include <map>
#include <string>

#include "base/result.h"
#include "engine/graph/module.h"
#include "engine/tensor/tensor.h"

namespace sinter {

struct ModelFileOptions {
  bool weights_as_constants = false;                             // packed once and folded; else states
  std::map<std::string, Tensor, std::less<>> fixed_inputs = {};  // see OnnxImportOptions
};

struct ModelFile {
  Module module;
  std::string function;  // what its users mean: @predict where a signature stands beside it, else @forward
  std::string signature = {};  // signature.json's text, where @predict was added
};

// `path`: an ONNX file, or a folder with model.onnx and signature.json. With a signature, @predict is added.
Result<ModelFile> LoadModelFile(const std::string& path, const ModelFileOptions& options = {});

}  // namespace sinter
