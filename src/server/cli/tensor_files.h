// Tensors in files that NumPy reads and writes.
#pragma once

#include "base/file.h"
#include "base/result.h"
#include "engine/tensor/tensor.h"

namespace sinter {

// The array of a .npy file. Errors name the file and what is wrong with it.
Result<Tensor> ReadNpyFile(const Path& file);
// bf16, which NumPy has not, is written as f32. Errors: strings, encoded tensors, a full disk (nothing
// half-written stays).
Status WriteNpyFile(const Path& file, const Tensor& tensor);

}  // namespace sinter
