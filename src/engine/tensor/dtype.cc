#include "engine/tensor/dtype.h"

#include <array>

namespace sinter {
namespace {

struct Facts {
  std::string_view name;
  size_t size;
};

// In the order of the enum.
constexpr std::array<Facts, kDTypeCount> kFacts = {{{"undefined", 0},
                                                    {"f32", 4},
                                                    {"f64", 8},
                                                    {"f16", 2},
                                                    {"bf16", 2},
                                                    {"i8", 1},
                                                    {"i16", 2},
                                                    {"i32", 4},
                                                    {"i64", 8},
                                                    {"u8", 1},
                                                    {"u16", 2},
                                                    {"u32", 4},
                                                    {"u64", 8},
                                                    {"bool", 1},
                                                    {"str", 0}}};

}  // namespace

size_t DTypeSize(DType dtype) { return kFacts[static_cast<size_t>(dtype)].size; }
std::string_view DTypeName(DType dtype) { return kFacts[static_cast<size_t>(dtype)].name; }

std::optional<DType> ParseDType(std::string_view name) {
  for (int i = 1; i < kDTypeCount; ++i) {
    if (kFacts[static_cast<size_t>(i)].name == name) return static_cast<DType>(i);
  }
  return std::nullopt;
}

bool IsFloat(DType dtype) { return kFloats.Has(dtype); }
bool IsInteger(DType dtype) { return kIntegers.Has(dtype); }
bool IsSigned(DType dtype) { return kSignedNumeric.Has(dtype); }

}  // namespace sinter
