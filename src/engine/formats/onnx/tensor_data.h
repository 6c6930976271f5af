// Tensors of ONNX files as ours.
#pragma once

#include <map>
#include <memory>
#include <span>
#include <string>

#include "base/file.h"
#include "engine/formats/onnx/proto.h"
#include "engine/tensor/tensor.h"

namespace sinter {

// Where the bytes of a model's tensors come from. One thread.
class OnnxTensorSource {
 public:
  // `owner` keeps the model's bytes alive; an empty folder refuses external data.
  OnnxTensorSource(std::shared_ptr<const void> owner, Path folder)
      : owner_(std::move(owner)), folder_(std::move(folder)) {}

  // A view of the file where the bytes stand aligned for their dtype, else a copy. Errors: dims that do not
  // agree with the data; a dtype that we have not; external data outside the folder, or shorter than said.
  Result<Tensor> Read(const OnnxTensor& tensor);

 private:
  Result<std::span<const std::byte>> External(const OnnxTensor& tensor, size_t bytes);
  std::shared_ptr<const void> owner_;
  Path folder_;
  std::map<std::string, std::shared_ptr<const MappedFile>, std::less<>> files_;
};

}  // namespace sinter
