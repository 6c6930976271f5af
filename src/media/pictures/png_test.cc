#include "media/pictures/png.h"

#include <gtest/gtest.h>
#include <zlib.h>

#include <vector>

namespace sinter {
namespace {

uint32_t U32(std::string_view bytes, size_t at) {
  uint32_t value = 0;
  for (size_t i = 0; i < 4; ++i) value = value << 8 | static_cast<uint8_t>(bytes[at + i]);
  return value;
}

// Reads the chunks back, checks every CRC, undoes deflate and the filter bytes.
std::vector<uint8_t> Decode(std::string_view png, uint32_t& width, uint32_t& height, int& colour) {
  std::vector<uint8_t> pixels;
  EXPECT_EQ(png.substr(0, 8), std::string_view("\x89PNG\r\n\x1a\n", 8));
  for (size_t at = 8; at < png.size();) {
    const size_t size = U32(png, at);
    const std::string_view type = png.substr(at + 4, 4), data = png.substr(at + 8, size);
    const auto* bytes = reinterpret_cast<const Bytef*>(type.data());
    EXPECT_EQ(U32(png, at + 8 + size), ::crc32_z(0, bytes, size + 4)) << type;
    if (type == "IHDR") width = U32(data, 0), height = U32(data, 4), colour = static_cast<uint8_t>(data[9]);
    if (type == "IDAT") {
      const size_t row = width * (colour == 2 ? 3 : 1);
      std::vector<uint8_t> lines((row + 1) * height);
      uLongf n = lines.size();
      EXPECT_EQ(::uncompress(lines.data(), &n, reinterpret_cast<const Bytef*>(data.data()), size), Z_OK);
      EXPECT_EQ(n, lines.size());
      for (size_t y = 0; y < height; ++y) {
        EXPECT_EQ(lines[y * (row + 1)], 0);
        pixels.insert(pixels.end(), &lines[y * (row + 1) + 1], &lines[y * (row + 1) + 1] + row);
      }
    }
    at += size + 12;
  }
  return pixels;
}

TEST(Png, PixelsComeBack) {
  for (const int channels : {1, 3}) {
    std::vector<uint8_t> pixels(5 * 7 * static_cast<size_t>(channels));
    for (size_t i = 0; i < pixels.size(); ++i) pixels[i] = static_cast<uint8_t>(i * 31);
    auto png = EncodePng(pixels, 5, 7, channels);
    ASSERT_TRUE(png);
    uint32_t width = 0, height = 0;
    int colour = -1;
    EXPECT_EQ(Decode(*png, width, height, colour), pixels);
    EXPECT_EQ(width, 7u);
    EXPECT_EQ(height, 5u);
    EXPECT_EQ(colour, channels == 3 ? 2 : 0);
  }
}

TEST(Png, RefusesWhatIsNoPicture) {
  const std::vector<uint8_t> pixels(12);
  EXPECT_FALSE(EncodePng(pixels, 3, 4, 2));
  EXPECT_FALSE(EncodePng(pixels, 0, 4, 1));
  EXPECT_FALSE(EncodePng(pixels, 4, 4, 1));
  EXPECT_FALSE(EncodePng(pixels, 70000, 4, 1));
}

}  // namespace
}  // namespace sinter
