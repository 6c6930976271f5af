// PNG, written. Source: Portable Network Graphics Specification (Second Edition), ISO/IEC 15948.
#pragma once

#include <cstdint>
#include <span>
#include <string>

#include "base/result.h"

namespace sinter {

// `pixels`: u8 [height, width, channels], rows from the top; 1 channel is grey, 3 are red, green, blue.
// At most 65,535 a side and 256 MiB of pixels.
Result<std::string> EncodePng(std::span<const uint8_t> pixels, int64_t height, int64_t width,
                              int64_t channels);

}  // namespace sinter
