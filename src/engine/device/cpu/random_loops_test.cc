// Vector lanes draw the bits of base/random.h.
#include "engine/device/cpu/random_loops.h"

#include <gtest/gtest.h>

#include <cmath>
#include <vector>

#include "base/random.h"

namespace sinter {
namespace {

// Also where an index does not fit 32 bits, or wraps.
TEST(RandomLoops, AreTheVeryBitsOfBase) {
  for (const RandomKey key : {RandomKey{0, 0}, RandomKey{0x0123456789ABCDEFu, 0xFEDCBA9876543210u}}) {
    for (const uint64_t first : {uint64_t{0}, uint64_t{0xFFFFFFF0u}, ~uint64_t{20}}) {
      std::vector<uint64_t> bits(77);
      RandomRow(key, first, 77, bits.data());
      for (uint64_t i = 0; i < 77; ++i) ASSERT_EQ(bits[i], RandomBits(key.key, key.stream, first + i)) << i;
    }
  }
}

TEST(RandomLoops, UniformNumbersRoundAsTheReference) {
  std::vector<uint64_t> bits(1003);
  RandomRow({7, 3}, 5, 1003, bits.data());
  std::vector<float> narrow(1003);
  std::vector<double> wide(1003);
  const double low = -0.3, width = 1.7;
  UniformRow(bits.data(), low, width, 1003, narrow.data());
  UniformRow(bits.data(), low, width, 1003, wide.data());
  for (size_t i = 0; i < 1003; ++i) {
    const double scaled = width * RandomUniform(7, 3, 5 + i);
    ASSERT_EQ(wide[i], low + scaled) << i;
    ASSERT_EQ(narrow[i], static_cast<float>(low + scaled)) << i;
  }
}

// At the ratio itself an element is kept: the number below it is the last that is not.
TEST(RandomLoops, DropsExactlyBelowTheRatio) {
  const double ratio = 0.3;
  const auto threshold = static_cast<uint64_t>(std::ceil(std::ldexp(ratio, 53)));
  std::vector<uint64_t> bits(515);
  RandomRow({9, 1}, 0, 515, bits.data());
  bits[0] = threshold << 11;
  bits[1] = (threshold - 1) << 11 | 0x7FF;
  std::vector<float> x(515, 3.0f);
  DropRow(x.data(), bits.data(), threshold, 1 - ratio, 515, x.data());
  const float kept = static_cast<float>(3.0 / (1 - ratio));
  EXPECT_EQ(x[0], kept);
  EXPECT_EQ(x[1], 0.0f);
  for (size_t i = 2; i < 515; ++i) ASSERT_EQ(x[i], RandomUniform(9, 1, i) >= ratio ? kept : 0.0f) << i;
}

}  // namespace
}  // namespace sinter
