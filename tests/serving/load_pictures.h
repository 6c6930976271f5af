// The pictures that the load generator sends and the test knows the answers to.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include <fmt/format.h>
#include <fmt/ranges.h>

namespace sinter {

inline constexpr size_t kLoadPictures = 16;

// Any 4 by 4 pixels that differ from picture to picture.
inline std::vector<uint8_t> LoadPicture(size_t index) {
  std::vector<uint8_t> pixels(16);
  for (size_t i = 0; i < 16; ++i)
    pixels[i] = static_cast<uint8_t>((index * 97 + i * i * 31 + index * i * 13) % 256);
  return pixels;
}

// The protocol's request for one picture, input "pixels".
inline std::string PixelsRequest(const std::vector<uint8_t>& pixels) {
  return fmt::format(R"({{"inputs":[{{"name":"pixels","shape":[1,4,4],"datatype":"UINT8","data":[{}]}}]}})",
                     fmt::join(pixels, ","));
}

}  // namespace sinter
