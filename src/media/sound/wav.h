// Sound as a WAV file, for whoever plays it.
#pragma once

#include <cstdint>
#include <span>
#include <string>

#include "base/result.h"

namespace sinter {

// One channel of 16 bits, full scale is -1 to 1; what is beyond is cut off, what is no number is silence.
// `rate` in samples a second, 1 to 768,000. kResourceExhausted for more than kMostWavSamples. Source: RIFF
// and WAVE as "Multimedia Programming Interface and Data Specifications 1.0" (1991) has them.
inline constexpr size_t kMostWavSamples = size_t{1} << 26;
Result<std::string> EncodeWav(std::span<const float> samples, int64_t rate);

}  // namespace sinter
