// IEEE binary16 and bfloat16 as storage: arithmetic happens in float.
#pragma once

#include <bit>
#include <cstdint>

namespace sinter {

// float -> binary16 bits, round to nearest even, overflow to infinity, NaN kept quiet.
uint16_t FloatToHalfBits(float x);
float HalfBitsToFloat(uint16_t bits);

struct Half {
  uint16_t bits = 0;
  Half() = default;
  explicit Half(float x) : bits(FloatToHalfBits(x)) {}
  explicit operator float() const { return HalfBitsToFloat(bits); }
};

struct BFloat16 {
  uint16_t bits = 0;
  BFloat16() = default;
  explicit BFloat16(float x) {
    const uint32_t u = std::bit_cast<uint32_t>(x);
    // Round to nearest even on the upper half; a NaN keeps a payload bit so that it stays one.
    bits = (u & 0x7fffffffu) > 0x7f800000u ? static_cast<uint16_t>((u >> 16) | 0x40u)
                                           : static_cast<uint16_t>((u + 0x7fffu + ((u >> 16) & 1u)) >> 16);
  }
  explicit operator float() const { return std::bit_cast<float>(static_cast<uint32_t>(bits) << 16); }
};

}  // namespace sinter
