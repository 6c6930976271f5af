// The header of a safetensors file, checked against the bytes that follow it.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "engine/tensor/tensor.h"

namespace sinter {

struct SafetensorsEntry {
  std::string name;
  DType dtype = DType::kUndefined;
  Dims dims;
  uint64_t begin = 0, end = 0;  // bytes, from the end of the header
};

struct SafetensorsHeader {
  std::vector<SafetensorsEntry> entries;  // by begin; together they are the data, without holes
  std::map<std::string, std::string> metadata;
};

// "F32", "BF16"; empty for what the format has no name for.
std::string_view SafetensorsDTypeName(DType dtype);
// Reads the header's JSON, where `data_bytes` follow it.
Result<SafetensorsHeader> ParseSafetensorsHeader(std::string_view json, uint64_t data_bytes);
// The JSON, padded with spaces so that the data behind it stands at a multiple of eight bytes.
std::string SafetensorsHeaderText(const SafetensorsHeader& header);

}  // namespace sinter
