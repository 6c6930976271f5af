#include "engine/device/cpu/random_loops.h"

#include "engine/device/cpu/loops.h"
#include "engine/device/cpu/vector_math.h"

namespace sinter {
namespace {

// Philox4x32-10 in 64-bit lanes, of which the lower halves count: what vectorises as multiplications of 32
// bits.
SINTER_INLINE void Rows(const RandomKey& key, uint64_t first, int64_t n, uint64_t* __restrict out) {
  constexpr uint64_t kLow = 0xFFFFFFFFu;
  const uint64_t stream_low = key.stream & kLow, stream_high = key.stream >> 32;
  uint64_t keys[10][2];
  uint32_t k0 = static_cast<uint32_t>(key.key), k1 = static_cast<uint32_t>(key.key >> 32);
  for (auto& pair : keys) {
    pair[0] = k0;
    pair[1] = k1;
    k0 += 0x9E3779B9u;
    k1 += 0xBB67AE85u;
  }
  for (int64_t i = 0; i < n; ++i) {
    const uint64_t index = first + static_cast<uint64_t>(i);
    uint64_t c0 = index & kLow, c1 = index >> 32, c2 = stream_low, c3 = stream_high;
#pragma GCC unroll 10
    for (int round = 0; round < 10; ++round) {
      const uint64_t p0 = 0xD2511F53u * (c0 & kLow), p1 = 0xCD9E8D57u * (c2 & kLow);
      c0 = (p1 >> 32) ^ c1 ^ keys[round][0];
      c1 = p1 & kLow;
      c2 = (p0 >> 32) ^ c3 ^ keys[round][1];
      c3 = p0 & kLow;
    }
    out[i] = (c1 << 32) | c0;
  }
}

// Exact: 53 bits and a power of two.
SINTER_INLINE double Unit(uint64_t bits) {
  return static_cast<double>(static_cast<int64_t>(bits >> 11)) * 0x1p-53;
}

template <class T>
SINTER_INLINE void Uniform(const uint64_t* __restrict bits, double low, double width, int64_t n,
                           T* __restrict out) {
  for (int64_t i = 0; i < n; ++i) out[i] = static_cast<T>(low + width * Unit(bits[i]));
}

template <class T>
SINTER_INLINE void Drop(const T* x, const uint64_t* __restrict bits, uint64_t threshold, double kept,
                        int64_t n, T* out) {
  const int64_t least = static_cast<int64_t>(threshold);
#pragma GCC ivdep
  for (int64_t i = 0; i < n; ++i) {
    const T scaled = static_cast<T>(static_cast<double>(x[i]) / kept);
    out[i] = static_cast<int64_t>(bits[i] >> 11) >= least ? scaled : T(0);
  }
}

}  // namespace

SINTER_CLONES void RandomRow(const RandomKey& key, uint64_t first, int64_t n, uint64_t* out) {
  Rows(key, first, n, out);
}
SINTER_CLONES void UniformRow(const uint64_t* bits, double low, double width, int64_t n, float* out) {
  Uniform(bits, low, width, n, out);
}
SINTER_CLONES void UniformRow(const uint64_t* bits, double low, double width, int64_t n, double* out) {
  Uniform(bits, low, width, n, out);
}
SINTER_CLONES void DropRow(const float* x, const uint64_t* bits, uint64_t threshold, double kept, int64_t n,
                           float* out) {
  Drop(x, bits, threshold, kept, n, out);
}
SINTER_CLONES void DropRow(const double* x, const uint64_t* bits, uint64_t threshold, double kept, int64_t n,
                           double* out) {
  Drop(x, bits, threshold, kept, n, out);
}

}  // namespace sinter
