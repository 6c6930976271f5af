// safetensors files: named tensors behind a JSON header. Nothing in them is executed.
#pragma once

#include <cstddef>
#include <map>
#include <memory>
#include <span>
#include <string>

#include "base/file.h"
#include "base/result.h"
#include "engine/tensor/tensor.h"

namespace sinter {

struct Safetensors {
  std::map<std::string, Tensor> tensors;
  std::map<std::string, std::string> metadata;  // the header's __metadata__
};

// The format's own bound on its header.
inline constexpr uint64_t kSafetensorsLargestHeader = 100'000'000;

// Tensors are views of the mapped file, which they keep; one that does not stand aligned is copied.
// Errors name file, tensor and reason: kCorrupt (truncated, a header that is no JSON object, offsets that
// overlap, leave holes, leave the file, or are not as many bytes as dtype and shape say), kUnsupported (a
// dtype that is not offered: the 8-bit floats).
Result<Safetensors> ReadSafetensors(const Path& file);
// The same from bytes, which `owner` keeps alive (null: the caller promises).
Result<Safetensors> ReadSafetensorsBytes(std::span<const std::byte> bytes, std::shared_ptr<const void> owner);

// Widest elements first, then by name, each aligned to its elements; the same tensors give the same bytes.
// Errors: strings, encoded tensors; kResourceExhausted on a full disk, and then nothing half-written stays.
Status WriteSafetensors(const Safetensors& contents, const Path& file);

}  // namespace sinter
