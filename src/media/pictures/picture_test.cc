#include "media/pictures/picture.h"

#include <gtest/gtest.h>

#include <numeric>

#include "base/file.h"
#include "media/pictures/exif.h"
#include "media/pictures/png.h"

namespace sinter {
namespace {

std::span<const std::byte> BytesOf(const std::string& text) { return std::as_bytes(std::span(text)); }

// tests/compat/pictures_test.py compares pixels with Pillow's; the fuzzers' corpora have a file of each kind.
std::string Corpus(std::string_view name) {
  auto bytes = ReadFile(Path(SINTER_SOURCE_DIR) / "fuzz" / "corpus" / name);
  EXPECT_TRUE(bytes) << name;
  return bytes.value_or("");
}

std::string Told(std::string_view name) {
  const std::string file = Corpus(name);
  const auto decoded = DecodePicture(BytesOf(file));
  return decoded ? "read" : decoded.error().message;
}

TEST(Pictures, WhatIsWrittenIsRead) {
  for (const int64_t channels : {1, 3}) {
    std::vector<uint8_t> pixels(static_cast<size_t>(6 * 9 * channels));
    std::iota(pixels.begin(), pixels.end(), uint8_t{40});
    const auto png = EncodePng(pixels, 6, 9, channels);
    ASSERT_TRUE(png);
    const auto picture = DecodePicture(BytesOf(*png));
    ASSERT_TRUE(picture) << picture.error().ToString();
    EXPECT_EQ(picture->pixels, pixels);
    EXPECT_EQ(ReadPictureInfo(BytesOf(*png)).value_or(PictureInfo()), (PictureInfo{6, 9, channels}));
  }
}

TEST(Pictures, DamageIsNamed) {
  EXPECT_EQ(Told("jpeg/colour"), "read");
  EXPECT_EQ(Told("jpeg/cut"), "JPEG: Premature end of JPEG file");
  EXPECT_EQ(Told("jpeg/bad_codes"), "JPEG: Corrupt JPEG data: premature end of data segment");
  EXPECT_EQ(Told("jpeg/twelve_bits"), "JPEG: Unsupported JPEG data precision 12");
  EXPECT_EQ(Told("png/cut"), "PNG: it is cut short");
  EXPECT_EQ(Told("png/crc"), "PNG: IHDR: CRC error");
  EXPECT_EQ(Told("png/few_rows"), "PNG: Not enough image data");
}

TEST(Pictures, OtherFormatsAreNamed) {
  const auto told = [](std::string text) {
    text.resize(64);
    const auto decoded = DecodePicture(BytesOf(text));
    return decoded ? "read" : decoded.error().message.substr(0, 16);
  };
  EXPECT_EQ(told("GIF89a"), "it is a GIF file");
  EXPECT_EQ(told(std::string("RIFF\0\0\0\0WEBP", 12)), "it is a WebP fil");
  EXPECT_EQ(told(std::string("\0\0\0\x18"
                             "ftypheic",
                             12)),
            "it is a HEIC fil");
  EXPECT_EQ(told(std::string("II*\0", 4)), "it is a TIFF fil");
  EXPECT_EQ(told("hello"), "it is no picture");
  EXPECT_EQ(DecodePicture({}).error().message, "it is empty");
}

TEST(Pictures, SizesAreBoundedBeforeMemoryIsTaken) {
  for (const auto* name : {"jpeg/bomb", "png/bomb"}) {
    const std::string file = Corpus(name);
    const auto decoded = DecodePicture(BytesOf(file));
    ASSERT_FALSE(decoded);
    EXPECT_EQ(decoded.error().code, ErrorCode::kResourceExhausted) << decoded.error().message;
  }
  const std::string file = Corpus("png/colour");  // 10 x 6
  EXPECT_TRUE(DecodePicture(BytesOf(file), {60, 10}));
  EXPECT_FALSE(DecodePicture(BytesOf(file), {59, 10}));
  EXPECT_FALSE(DecodePicture(BytesOf(file), {60, 9}));
}

TEST(Pictures, StandUpright) {
  // a b    as the eight orientations have it stored
  // c d
  // e f
  const Picture upright{3, 2, 1, {'a', 'b', 'c', 'd', 'e', 'f'}};
  const std::pair<int, std::string_view> stored[] = {{1, "abcdef"}, {2, "badcfe"}, {3, "fedcba"},
                                                     {4, "efcdab"}, {5, "acebdf"}, {6, "bdface"},
                                                     {7, "fdbeca"}, {8, "ecafdb"}};
  for (const auto& [orientation, text] : stored) {
    Picture picture{orientation < 5 ? 3 : 2, orientation < 5 ? 2 : 3, 1, {text.begin(), text.end()}};
    const Picture turned = Upright(std::move(picture), orientation);
    EXPECT_EQ(turned.height, 3) << orientation;
    EXPECT_EQ(turned.pixels, upright.pixels) << orientation;
  }
  const std::string file = Corpus("jpeg/turned");  // 20 x 12, turned right
  EXPECT_EQ(ReadPictureInfo(BytesOf(file)).value_or(PictureInfo()), (PictureInfo{20, 12, 3}));
  EXPECT_EQ(Told("jpeg/lying_exif"), "read");
}

}  // namespace
}  // namespace sinter
