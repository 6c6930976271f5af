#include "engine/tensor/tensor.h"

#include <gtest/gtest.h>

#include <cmath>

namespace sinter {
namespace {

TEST(Tensor, ViewsShareAndClonesDoNot) {
  const Tensor a = Tensor::Of<float>({2, 3}, {1, 2, 3, 4, 5, 6});
  auto b = a.Reshaped({3, 2});
  ASSERT_TRUE(b);
  EXPECT_EQ(b->raw(), a.raw());
  EXPECT_NE(a.Clone()->raw(), a.raw());
  EXPECT_TRUE(a.Clone()->SameAs(a));
  EXPECT_FALSE(a.Reshaped({4}));
  EXPECT_EQ(a.type().ToString(), "f32[2,3]");
}

TEST(Tensor, LyingShapesAreRefusedBeforeMemoryIsAsked) {
  EXPECT_FALSE(Tensor::Create(DType::kF32, {int64_t{1} << 40, int64_t{1} << 40}));
  EXPECT_FALSE(Tensor::Create(DType::kF32, {-1}));
  auto buffer = *Buffer::Allocate(16);
  EXPECT_FALSE(Tensor::View(buffer, 8, DType::kF32, {3}));
  EXPECT_TRUE(Tensor::View(buffer, 4, DType::kF32, {3}));
  EXPECT_FALSE(Tensor::View(buffer, SIZE_MAX, DType::kF32, {1}));
}

TEST(Tensor, Encodings) {
  EXPECT_EQ(*EncodedBytes(DType::kI8, std::vector<int64_t>{2, 3}, {Encoding::Kind::kInt4, 0, ""}), 4u);
  EXPECT_EQ(*EncodedBytes(DType::kF32, std::vector<int64_t>{2, 3}, {Encoding::Kind::kInt8Channel, 1, ""}),
            18u);
  EXPECT_FALSE(EncodedBytes(DType::kF32, std::vector<int64_t>{2}, {Encoding::Kind::kInt8Channel, 1, ""}));
}

TEST(Half, EveryValueSurvivesTheWayThere) {
  for (uint32_t bits = 0; bits < 65536; ++bits) {
    const float value = HalfBitsToFloat(static_cast<uint16_t>(bits));
    if (std::isnan(value)) {
      EXPECT_TRUE(std::isnan(HalfBitsToFloat(FloatToHalfBits(value))));
    } else {
      ASSERT_EQ(FloatToHalfBits(value), bits);
    }
  }
  EXPECT_EQ(FloatToHalfBits(65519.f), 0x7bff);
  EXPECT_EQ(FloatToHalfBits(65520.f), 0x7c00);
  EXPECT_EQ(static_cast<float>(BFloat16(1.0f + 0x1p-8f)), 1.0f);  // a tie goes to even
  EXPECT_EQ(static_cast<float>(BFloat16(1.0f + 0x1.8p-7f)), 1.0f + 0x1p-6f);
}

}  // namespace
}  // namespace sinter
