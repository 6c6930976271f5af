// Counter-based random numbers a row at a time, the very bits of base/random.h; compiled for several
// instruction sets, without contracting products and sums, which would change results.
#pragma once

#include <cstdint>

namespace sinter {

struct RandomKey {
  uint64_t key = 0, stream = 0;
};

// out[i] = RandomBits(key, stream, first + i).
void RandomRow(const RandomKey& key, uint64_t first, int64_t n, uint64_t* out);
// out[i] = low + width u for the uniform number u of bits[i].
void UniformRow(const uint64_t* bits, double low, double width, int64_t n, float* out);
void UniformRow(const uint64_t* bits, double low, double width, int64_t n, double* out);
// out[i] = x[i] / kept where the 53 bits of bits[i] are at least `threshold`, else 0; out may be x.
void DropRow(const float* x, const uint64_t* bits, uint64_t threshold, double kept, int64_t n, float* out);
void DropRow(const double* x, const uint64_t* bits, uint64_t threshold, double kept, int64_t n, double* out);

}  // namespace sinter
