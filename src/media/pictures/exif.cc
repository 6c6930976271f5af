#include "media/pictures/exif.h"

#include <algorithm>
#include <cstring>
#include <utility>

namespace sinter {
namespace {

constexpr uint32_t kOrientationTag = 0x0112, kShort = 3;

class TiffReader {
 public:
  explicit TiffReader(std::span<const std::byte> bytes) : bytes_(bytes) {
    if (bytes.size() < 8) return;
    if (bytes[0] == std::byte{'I'} && bytes[1] == std::byte{'I'}) known_ = true;
    if (bytes[0] == std::byte{'M'} && bytes[1] == std::byte{'M'}) known_ = big_ = true;
    known_ = known_ && Get(2, 2) == 42;
  }
  bool known() const { return known_; }
  bool Has(uint64_t at, uint64_t size) const { return at <= bytes_.size() && size <= bytes_.size() - at; }
  uint32_t Get(uint64_t at, int size) const {
    uint32_t value = 0;
    for (int i = 0; i < size; ++i) {
      const auto byte = static_cast<uint32_t>(bytes_[at + static_cast<uint64_t>(big_ ? i : size - 1 - i)]);
      value = value << 8 | byte;
    }
    return value;
  }

 private:
  std::span<const std::byte> bytes_;
  bool known_ = false, big_ = false;
};

}  // namespace

int ReadExifOrientation(std::span<const std::byte> tiff) {
  const TiffReader reader(tiff);
  if (!reader.known()) return 1;
  const uint64_t directory = reader.Get(4, 4);
  if (!reader.Has(directory, 2)) return 1;
  const uint64_t entries = reader.Get(directory, 2);
  for (uint64_t i = 0; i < entries; ++i) {
    const uint64_t at = directory + 2 + i * 12;  // tag, type, count, value
    if (!reader.Has(at, 12)) return 1;
    if (reader.Get(at, 2) != kOrientationTag) continue;
    if (reader.Get(at + 2, 2) != kShort || reader.Get(at + 4, 4) != 1) return 1;
    const uint32_t value = reader.Get(at + 8, 2);
    return value >= 1 && value <= 8 ? static_cast<int>(value) : 1;
  }
  return 1;
}

Picture Upright(Picture picture, int orientation) {
  if (orientation <= 1 || orientation > 8) return picture;
  const int64_t h = picture.height, w = picture.width;
  const auto channels = static_cast<size_t>(picture.channels);
  const bool exchanged = orientation >= 5;
  Picture turned{exchanged ? w : h, exchanged ? h : w, picture.channels, {}};
  turned.pixels.resize(picture.pixels.size());
  // Of 5 to 8 the rows and columns are exchanged first, then as 1, 2 (right), 3 and 4 (left) say.
  const bool mirror_x = orientation == 2 || orientation == 3 || orientation == 6 || orientation == 7;
  const bool mirror_y = orientation == 3 || orientation == 4 || orientation == 7 || orientation == 8;
  uint8_t* to = turned.pixels.data();
  for (int64_t y = 0; y < turned.height; ++y) {
    const int64_t row = mirror_y ? turned.height - 1 - y : y;
    for (int64_t x = 0; x < turned.width; ++x, to += channels) {
      const int64_t column = mirror_x ? turned.width - 1 - x : x;
      const int64_t from = exchanged ? column * w + row : row * w + column;
      std::memcpy(to, picture.pixels.data() + static_cast<size_t>(from) * channels, channels);
    }
  }
  return turned;
}

}  // namespace sinter
