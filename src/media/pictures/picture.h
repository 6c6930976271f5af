// Pictures out of files, as pixels of a size that a model takes.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace sinter {

// u8 [height, width, channels], rows from the top; 1 channel is grey, 3 are red, green, blue.
struct Picture {
  int64_t height = 0, width = 0, channels = 0;
  std::vector<uint8_t> pixels;
};

struct PictureInfo {
  int64_t height = 0, width = 0, channels = 0;  // of the picture that decoding gives
  bool operator==(const PictureInfo&) const = default;
};

// Checked before anything of that size is allocated.
struct PictureLimits {
  int64_t pixels = 100'000'000;  // height * width
  int64_t side = 65'535;
};

// A JPEG (8 bits; grey, colour, CMYK; baseline and progressive) or a PNG (grey, palette, colour; 1 to 16
// bits; interlaced). It stands as its EXIF orientation says. 16 bits are scaled to 8, what is transparent
// shows white, and colour profiles are not applied.
//
// Errors: kCorrupt, saying what: cut short, damaged, no picture at all; kUnsupported for another format, by
// its name; kResourceExhausted for more pixels than the limit. Any thread.
Result<Picture> DecodePicture(std::span<const std::byte> bytes, const PictureLimits& limits = {});

// What DecodePicture would give, from the file's head alone: the rest may still be damaged.
Result<PictureInfo> ReadPictureInfo(std::span<const std::byte> bytes, const PictureLimits& limits = {});

}  // namespace sinter
