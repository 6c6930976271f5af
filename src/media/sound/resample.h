// From one rate to another.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

namespace sinter {

// Band-limited interpolation by a sinc of 64 zero crossings a side under Kaiser's window (beta 10), cut off
// at 0.94 of the lower rate's half: up to 0.86 of that half errors are below -83 dB, and so are aliases
// (resample_test.cc). The result has ceil(samples * to / from) samples, the first at the same moment; outside
// of the sound there is silence. Rates above 0. Source: J. O. Smith, "Digital Audio Resampling Home Page"
// (CCRMA, 2002).
std::vector<float> Resample(std::span<const float> samples, int64_t from, int64_t to);

}  // namespace sinter
