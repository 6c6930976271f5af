#include "media/tables/parquet_bits.h"

#include <gtest/gtest.h>

#include <vector>

namespace sinter {
namespace {

std::vector<std::byte> Bytes(std::initializer_list<int> values) {
  std::vector<std::byte> bytes;
  bytes.reserve(values.size());
  for (const int value : values) bytes.push_back(static_cast<std::byte>(value));
  return bytes;
}

TEST(BitReader, TakesTheLowestBitsFirst) {
  // Encodings.md: 0 to 7 in three bits each are 88 C6 FA.
  const auto bytes = Bytes({0x88, 0xC6, 0xFA});
  BitReader in(bytes);
  for (uint64_t i = 0; i < 8; ++i) EXPECT_EQ(in.Bits(3).value(), i);
  EXPECT_EQ(in.offset(), 3u);
  EXPECT_EQ(in.Bits(1).error().code, ErrorCode::kCorrupt);
  EXPECT_EQ(in.Bits(0).value(), 0u);
}

TEST(BitReader, VarintsOfMoreThan64BitsAreRefused) {
  const auto bytes = Bytes({0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0x01});
  EXPECT_EQ(BitReader(bytes).Varint().error().code, ErrorCode::kCorrupt);
  EXPECT_EQ(BitReader(Bytes({0x80})).Varint().error().code, ErrorCode::kCorrupt);
  EXPECT_EQ(BitReader(Bytes({0xAC, 0x02})).Varint().value(), 300u);
  EXPECT_EQ(BitReader(Bytes({0x03})).Zigzag().value(), -2);
}

TEST(ParquetHybrid, RunsAndPackedValues) {
  // Five times 2, then eight packed values of 0 to 7, three bits each.
  const auto bytes = Bytes({5 << 1, 2, 1 << 1 | 1, 0x88, 0xC6, 0xFA});
  ParquetHybrid in(bytes, 3);
  for (int i = 0; i < 5; ++i) EXPECT_EQ(in.Next().value(), 2u);
  for (uint32_t i = 0; i < 8; ++i) EXPECT_EQ(in.Next().value(), i);
  EXPECT_EQ(in.Next().error().code, ErrorCode::kCorrupt);
}

TEST(ParquetHybrid, AValueThatDoesNotFitIsRefused) {
  const auto bytes = Bytes({5 << 1, 8});
  EXPECT_EQ(ParquetHybrid(bytes, 3).Next().error().code, ErrorCode::kCorrupt);
}

TEST(ParquetDelta, TheExamplesOfTheFormat) {
  // Encodings.md: 1 to 5 (differences 1, of no bits), and 7 5 3 1 2 3 4 5 (least -2, two bits): blocks of 128
  // in 4.
  const auto rising = Bytes({0x80, 0x01, 4, 5, 2, 2, 0, 0, 0, 0});
  auto delta = ParquetDelta::Open(rising);
  ASSERT_TRUE(delta);
  for (int64_t i = 1; i <= 5; ++i) EXPECT_EQ(delta->Next().value(), i);
  EXPECT_EQ(delta->Next().error().code, ErrorCode::kCorrupt);

  // 0 0 0 3 3 3 3, two bits each from the lowest: 1100'0000 and 0011'1111.
  auto both = Bytes({0x80, 0x01, 4, 8, 14, 3, 2, 0, 0, 0, 0xC0, 0x3F, 0, 0, 0, 0, 0, 0});
  both.push_back(std::byte{0x77});  // what follows is another's
  auto mixed = ParquetDelta::Open(both);
  ASSERT_TRUE(mixed);
  ParquetDelta ahead = *mixed;
  EXPECT_EQ(ahead.SkipToEnd().value(), both.size() - 1);
  for (const int64_t value : {7, 5, 3, 1, 2, 3, 4, 5}) EXPECT_EQ(mixed->Next().value(), value);
}

TEST(ParquetDelta, LyingHeadsAreRefused) {
  for (const auto& head : {Bytes({0x80, 0x01, 0, 5, 2}), Bytes({0x81, 0x01, 4, 5, 2}), Bytes({0, 4, 5, 2}),
                           Bytes({0x80, 0x80, 0x80, 0x01, 4, 5, 2}), Bytes({0x80})})
    EXPECT_EQ(ParquetDelta::Open(head).error().code, ErrorCode::kCorrupt);
  const auto wide = Bytes({0x80, 0x01, 4, 5, 2, 2, 65, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0});
  auto delta = ParquetDelta::Open(wide);
  ASSERT_TRUE(delta);
  EXPECT_EQ(delta->Next().error().code, ErrorCode::kCorrupt);
}

}  // namespace
}  // namespace sinter
