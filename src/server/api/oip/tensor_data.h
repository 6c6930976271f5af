// The data of one tensor, from JSON and from bytes.
#pragma once

#include <cstddef>
#include <span>

#include "base/json_scanner.h"
#include "engine/tensor/tensor.h"

namespace sinter {

// The list that stands next: flat, or nested as `dims` say. What is wrong goes to the scanner's status.
Tensor ReadJsonTensor(JsonScanner& scanner, DType dtype, const Dims& dims);

// Exactly these bytes, little-endian and row-major; of BYTES each a 4-byte length and its bytes.
Result<Tensor> ReadBinaryTensor(std::span<const std::byte> bytes, DType dtype, const Dims& dims);

}  // namespace sinter
