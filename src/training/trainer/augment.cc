#include "training/trainer/augment.h"

#include <algorithm>
#include <cstring>

#include "base/random.h"

namespace sinter {

void AugmentPicture(const Augmentation& a, uint64_t seed, int64_t epoch, int64_t place,
                    std::span<const uint8_t> from, int64_t height, int64_t width, int64_t channels,
                    uint8_t* to) {
  // Streams 0 to 2^32 of this key are the epochs' permutations.
  const uint64_t stream = (uint64_t{1} << 40) + static_cast<uint64_t>(epoch);
  const auto draw = [&](uint64_t which, int64_t n) {
    return static_cast<int64_t>(
        RandomBelow(seed, stream, static_cast<uint64_t>(place) * 4 + which, static_cast<uint64_t>(n)));
  };
  const int64_t dy = a.shift > 0 ? draw(0, 2 * a.shift + 1) - a.shift : 0;
  const int64_t dx = a.shift > 0 ? draw(1, 2 * a.shift + 1) - a.shift : 0;
  const bool flip = a.flip && draw(2, 2) == 1;
  std::memset(to, 0, static_cast<size_t>(height * width * channels));
  for (int64_t y = std::max<int64_t>(0, dy); y < std::min(height, height + dy); ++y) {
    for (int64_t x = std::max<int64_t>(0, dx); x < std::min(width, width + dx); ++x) {
      const int64_t source = x - dx;
      const int64_t column = flip ? width - 1 - source : source;
      std::memcpy(to + (y * width + x) * channels, from.data() + ((y - dy) * width + column) * channels,
                  static_cast<size_t>(channels));
    }
  }
}

}  // namespace sinter
