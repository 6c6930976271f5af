#include <array>
#include <utility>

#include "server/api/oip/oip.h"

namespace sinter {
namespace {

constexpr std::array<std::pair<DType, std::string_view>, 14> kNames{{{DType::kF32, "FP32"},
                                                                     {DType::kF64, "FP64"},
                                                                     {DType::kF16, "FP16"},
                                                                     {DType::kBF16, "BF16"},
                                                                     {DType::kI8, "INT8"},
                                                                     {DType::kI16, "INT16"},
                                                                     {DType::kI32, "INT32"},
                                                                     {DType::kI64, "INT64"},
                                                                     {DType::kU8, "UINT8"},
                                                                     {DType::kU16, "UINT16"},
                                                                     {DType::kU32, "UINT32"},
                                                                     {DType::kU64, "UINT64"},
                                                                     {DType::kBool, "BOOL"},
                                                                     {DType::kString, "BYTES"}}};

}  // namespace

std::string_view OipDatatype(DType dtype) {
  for (const auto& [known, name] : kNames) {
    if (known == dtype) return name;
  }
  return "";
}

std::optional<DType> ParseOipDatatype(std::string_view name) {
  for (const auto& [dtype, known] : kNames) {
    if (known == name) return dtype;
  }
  return std::nullopt;
}

}  // namespace sinter
