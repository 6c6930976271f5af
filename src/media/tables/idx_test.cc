#include "media/tables/idx.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <random>

namespace sinter {
namespace {

using ::testing::HasSubstr;

IdxArray Sample(IdxType type, std::vector<int64_t> shape) {
  IdxArray array{type, std::move(shape), {}};
  size_t bytes = IdxTypeSize(type);
  for (const int64_t d : array.shape) bytes *= static_cast<size_t>(d);
  for (size_t i = 0; i < bytes; ++i) array.bytes.push_back(static_cast<std::byte>(i * 37 + 11));
  return array;
}

std::vector<std::byte> Bytes(std::initializer_list<int> values) {
  std::vector<std::byte> out;
  for (const int v : values) out.push_back(static_cast<std::byte>(v));
  return out;
}

TEST(Idx, EveryTypeRoundTrips) {
  for (const IdxType type :
       {IdxType::kU8, IdxType::kI8, IdxType::kI16, IdxType::kI32, IdxType::kF32, IdxType::kF64}) {
    const IdxArray array = Sample(type, {3, 5, 7});
    for (const auto& bytes : {EncodeIdx(array), Gzip(EncodeIdx(array))}) {
      auto back = DecodeIdx(bytes);
      ASSERT_TRUE(back) << back.error().ToString();
      EXPECT_EQ(back->type, type);
      EXPECT_EQ(back->shape, array.shape);
      EXPECT_EQ(back->bytes, array.bytes);
    }
  }
}

TEST(Idx, NumbersAreBigEndianInTheFile) {
  auto array = DecodeIdx(Bytes({0, 0, 0x0b, 1, 0, 0, 0, 2, 0x01, 0x02, 0xff, 0xfe}));
  ASSERT_TRUE(array);
  EXPECT_EQ(array->bytes, Bytes({0x02, 0x01, 0xfe, 0xff}));
}

TEST(Idx, AnEmptyArrayIsAnArray) {
  auto array = DecodeIdx(EncodeIdx(Sample(IdxType::kU8, {0, 28, 28})));
  ASSERT_TRUE(array);
  EXPECT_TRUE(array->bytes.empty());
}

TEST(Idx, SeveralGzipMembersAreOneStream) {
  const auto plain = EncodeIdx(Sample(IdxType::kU8, {1000}));
  auto bytes = Gzip(std::span(plain).first(100));
  const auto second = Gzip(std::span(plain).subspan(100));
  bytes.insert(bytes.end(), second.begin(), second.end());
  EXPECT_TRUE(DecodeIdx(bytes));
}

TEST(Idx, BadInputSaysWhy) {
  const auto plain = EncodeIdx(Sample(IdxType::kI32, {4, 4}));
  const auto packed = Gzip(plain);
  auto message = [](std::span<const std::byte> bytes) {
    auto array = DecodeIdx(bytes);
    if (array) return std::string("accepted");
    EXPECT_EQ(array.error().code, ErrorCode::kCorrupt);
    return array.error().message;
  };
  auto longer = plain;
  longer.push_back(std::byte{0});
  EXPECT_THAT(message({}), HasSubstr("no header"));
  EXPECT_THAT(message(Bytes({1, 2, 3, 4})), HasSubstr("not IDX"));
  EXPECT_THAT(message(Bytes({0, 0, 8, 0})), HasSubstr("rank 0"));
  EXPECT_THAT(message(Bytes({0, 0, 8, 2, 0, 0})), HasSubstr("header is truncated"));
  EXPECT_THAT(message(std::span(plain).first(plain.size() - 1)), HasSubstr("says 64 bytes, 63 are there"));
  EXPECT_THAT(message(longer), HasSubstr("goes on after"));
  EXPECT_THAT(message(std::span(packed).first(packed.size() - 1)), HasSubstr("truncated"));
  auto trailing = packed;
  trailing.push_back(std::byte{7});
  EXPECT_NE(message(trailing), "accepted");
  auto flipped = packed;
  flipped[flipped.size() - 6] ^= std::byte{1};  // in the CRC
  EXPECT_THAT(message(flipped), HasSubstr("incorrect data check"));
}

TEST(Idx, ALyingHeaderAllocatesNothingOfIt) {
  // 2^32-1 cubed does not fit any file; 2^31 bytes are claimed by the second, and none are there.
  EXPECT_FALSE(DecodeIdx(Bytes({0, 0, 8, 3, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255})));
  EXPECT_FALSE(DecodeIdx(Bytes({0, 0, 8, 1, 0x80, 0, 0, 0})));
  auto large = DecodeIdx(EncodeIdx(Sample(IdxType::kU8, {100})), 99);
  ASSERT_FALSE(large);
  EXPECT_EQ(large.error().code, ErrorCode::kResourceExhausted);
}

// No flipped bit of a gzipped file yields an array that differs: its checksum sees it, or gzip's header
// fields that carry no content were hit.
TEST(Idx, NoFlippedBitOfGzipGoesUnseen) {
  const IdxArray array = Sample(IdxType::kU8, {50});
  const auto packed = Gzip(EncodeIdx(array));
  int refused = 0;
  for (size_t bit = 0; bit < packed.size() * 8; ++bit) {
    auto flipped = packed;
    flipped[bit / 8] ^= static_cast<std::byte>(1 << bit % 8);
    auto back = DecodeIdx(flipped);
    if (!back)
      ++refused;
    else
      EXPECT_EQ(back->bytes, array.bytes) << "bit " << bit;
  }
  EXPECT_GT(refused, static_cast<int>(packed.size() * 6));
}

TEST(Idx, RandomBytesAreRefusedNotTrusted) {
  const unsigned seed = std::random_device{}();
  SCOPED_TRACE("seed " + std::to_string(seed));
  std::mt19937 random(seed);
  for (int i = 0; i < 2000; ++i) {
    auto bytes = EncodeIdx(Sample(IdxType::kI16, {3, 4}));
    for (int j = 0; j < 3; ++j) bytes[random() % bytes.size()] = static_cast<std::byte>(random());
    if (auto array = DecodeIdx(bytes)) {
      uint64_t size = IdxTypeSize(array->type);
      for (const int64_t d : array->shape) size *= static_cast<uint64_t>(d);
      EXPECT_EQ(size, array->bytes.size());
    }
  }
}

}  // namespace
}  // namespace sinter
