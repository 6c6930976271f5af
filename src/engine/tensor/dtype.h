// The number formats that tensors hold.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

#include "engine/tensor/half.h"

namespace sinter {

enum class DType : uint8_t {
  kUndefined,
  kF32,
  kF64,
  kF16,
  kBF16,
  kI8,
  kI16,
  kI32,
  kI64,
  kU8,
  kU16,
  kU32,
  kU64,
  kBool,
  kString,  // of the reference device alone
};
inline constexpr int kDTypeCount = static_cast<int>(DType::kString) + 1;

// Bytes of one plain element; 0 for strings and undefined.
size_t DTypeSize(DType dtype);
// "f32", "bf16", "i64", "bool", "str"; the spelling of the IR's text.
std::string_view DTypeName(DType dtype);
std::optional<DType> ParseDType(std::string_view name);

bool IsFloat(DType dtype);    // f16, bf16, f32, f64
bool IsInteger(DType dtype);  // signed and unsigned, not bool
bool IsSigned(DType dtype);   // floats and signed integers

// The dtype that holds C++'s T (bool, std::string and the half formats included).
template <class T>
constexpr DType DTypeOf() = delete;
template <>
constexpr DType DTypeOf<float>() {
  return DType::kF32;
}
template <>
constexpr DType DTypeOf<double>() {
  return DType::kF64;
}
template <>
constexpr DType DTypeOf<Half>() {
  return DType::kF16;
}
template <>
constexpr DType DTypeOf<BFloat16>() {
  return DType::kBF16;
}
template <>
constexpr DType DTypeOf<int8_t>() {
  return DType::kI8;
}
template <>
constexpr DType DTypeOf<int16_t>() {
  return DType::kI16;
}
template <>
constexpr DType DTypeOf<int32_t>() {
  return DType::kI32;
}
template <>
constexpr DType DTypeOf<int64_t>() {
  return DType::kI64;
}
template <>
constexpr DType DTypeOf<uint8_t>() {
  return DType::kU8;
}
template <>
constexpr DType DTypeOf<uint16_t>() {
  return DType::kU16;
}
template <>
constexpr DType DTypeOf<uint32_t>() {
  return DType::kU32;
}
template <>
constexpr DType DTypeOf<uint64_t>() {
  return DType::kU64;
}
template <>
constexpr DType DTypeOf<bool>() {
  return DType::kBool;
}

// A set of dtypes, for the constraints on an operator's page. A template parameter may hold one.
struct DTypeSet {
  uint32_t bits = 0;
  constexpr DTypeSet() = default;
  template <class... D>
  constexpr explicit DTypeSet(D... dtypes) : bits(((1u << static_cast<int>(dtypes)) | ... | 0u)) {}
  constexpr bool Has(DType dtype) const { return (bits >> static_cast<int>(dtype)) & 1u; }
  constexpr DTypeSet operator|(DTypeSet other) const { return FromBits(bits | other.bits); }
  constexpr bool operator==(const DTypeSet&) const = default;
  static constexpr DTypeSet FromBits(uint32_t b) {
    DTypeSet s;
    s.bits = b;
    return s;
  }
};
inline constexpr DTypeSet kFloats{DType::kF32, DType::kF64, DType::kF16, DType::kBF16};
inline constexpr DTypeSet kSignedIntegers{DType::kI8, DType::kI16, DType::kI32, DType::kI64};
inline constexpr DTypeSet kUnsignedIntegers{DType::kU8, DType::kU16, DType::kU32, DType::kU64};
inline constexpr DTypeSet kIntegers = kSignedIntegers | kUnsignedIntegers;
inline constexpr DTypeSet kNumeric = kFloats | kIntegers;
inline constexpr DTypeSet kSignedNumeric = kFloats | kSignedIntegers;
inline constexpr DTypeSet kIndexes{DType::kI32, DType::kI64};
inline constexpr DTypeSet kBools{DType::kBool};
inline constexpr DTypeSet kAllPlain = kNumeric | kBools;  // whatever has a fixed size
inline constexpr DTypeSet kAnyDType = kAllPlain | DTypeSet{DType::kString};

// Calls f.template operator()<T>() with the C++ type of `dtype`, if the set holds it; false otherwise. Code
// is made for the types of the set alone.
template <DTypeSet kSet, class F>
bool DispatchIn(DType dtype, F&& f);

// Calls f.template operator()<T>() with the C++ type of a fixed-size dtype; false for strings and undefined.
template <class F>
bool DispatchDType(DType dtype, F&& f) {
  switch (dtype) {
    case DType::kF32:
      f.template operator()<float>();
      return true;
    case DType::kF64:
      f.template operator()<double>();
      return true;
    case DType::kF16:
      f.template operator()<Half>();
      return true;
    case DType::kBF16:
      f.template operator()<BFloat16>();
      return true;
    case DType::kI8:
      f.template operator()<int8_t>();
      return true;
    case DType::kI16:
      f.template operator()<int16_t>();
      return true;
    case DType::kI32:
      f.template operator()<int32_t>();
      return true;
    case DType::kI64:
      f.template operator()<int64_t>();
      return true;
    case DType::kU8:
      f.template operator()<uint8_t>();
      return true;
    case DType::kU16:
      f.template operator()<uint16_t>();
      return true;
    case DType::kU32:
      f.template operator()<uint32_t>();
      return true;
    case DType::kU64:
      f.template operator()<uint64_t>();
      return true;
    case DType::kBool:
      f.template operator()<bool>();
      return true;
    case DType::kString:
    case DType::kUndefined:
      return false;
  }
  return false;
}

template <DTypeSet kSet, class F>
bool DispatchIn(DType dtype, F&& f) {
  bool found = false;
  DispatchDType(dtype, [&]<class T>() {
    if constexpr (kSet.Has(DTypeOf<T>())) {
      f.template operator()<T>();
      found = true;
    }
  });
  return found;
}

}  // namespace sinter
