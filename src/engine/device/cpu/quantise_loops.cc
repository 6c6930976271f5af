#include "engine/device/cpu/quantise_loops.h"

#include <cmath>
#include <limits>
#include <type_traits>

#include "engine/device/cpu/loops.h"
#include "engine/device/cpu/vector_math.h"

namespace sinter {
namespace {

template <class Q>
SINTER_INLINE Q Quantised(float x, double scale, double zero) {
  double steps = std::nearbyint(static_cast<double>(x) / scale);
  steps = (steps == steps ? steps : 0.0) + zero;
  steps = steps < std::numeric_limits<Q>::min() ? double{std::numeric_limits<Q>::min()} : steps;
  steps = steps > std::numeric_limits<Q>::max() ? double{std::numeric_limits<Q>::max()} : steps;
  return static_cast<Q>(static_cast<int32_t>(steps));
}

template <class Q>
SINTER_INLINE void Quantise(const float* __restrict x, const float* __restrict scales,
                            const Q* __restrict zeros, int64_t stride, int64_t n, Q* __restrict out) {
  if (stride == 0) {
    const double scale = static_cast<double>(*scales),
                 zero = zeros == nullptr ? 0.0 : static_cast<double>(*zeros);
    for (int64_t i = 0; i < n; ++i) out[i] = Quantised<Q>(x[i], scale, zero);
  } else if (zeros == nullptr) {
    for (int64_t i = 0; i < n; ++i) out[i] = Quantised<Q>(x[i], static_cast<double>(scales[i]), 0.0);
  } else {
    for (int64_t i = 0; i < n; ++i)
      out[i] = Quantised<Q>(x[i], static_cast<double>(scales[i]), static_cast<double>(zeros[i]));
  }
}

// Exact but for one rounding: floats hold differences of 16 bits, doubles those of 32.
template <class Q, class T>
SINTER_INLINE void Dequantise(const Q* x, const T* scales, const Q* zeros, int64_t stride, int64_t n,
                              T* out) {
  using W = std::conditional_t<sizeof(Q) == 4, double, T>;
  using I = std::conditional_t<sizeof(Q) == 4, double, int32_t>;
  if (stride == 0) {
    const W scale = static_cast<W>(*scales);
    const I zero = zeros == nullptr ? I(0) : static_cast<I>(*zeros);
#pragma GCC ivdep
    for (int64_t i = 0; i < n; ++i)
      out[i] = static_cast<T>(static_cast<W>(static_cast<I>(x[i]) - zero) * scale);
  } else if (zeros == nullptr) {
#pragma GCC ivdep
    for (int64_t i = 0; i < n; ++i)
      out[i] = static_cast<T>(static_cast<W>(static_cast<I>(x[i])) * static_cast<W>(scales[i]));
  } else {
#pragma GCC ivdep
    for (int64_t i = 0; i < n; ++i)
      out[i] = static_cast<T>(static_cast<W>(static_cast<I>(x[i]) - static_cast<I>(zeros[i])) *
                              static_cast<W>(scales[i]));
  }
}

#define QUANTISE_LOOP(Q)                                                                                  \
  SINTER_CLONES void Quantise_##Q(const float* x, const float* scales, const void* zeros, int64_t stride, \
                                  int64_t n, void* out) {                                                 \
    Quantise(x, scales, static_cast<const Q*>(zeros), stride, n, static_cast<Q*>(out));                   \
  }
#define DEQUANTISE_LOOP(Q, T)                                                                         \
  SINTER_CLONES void Dequantise_##Q##_##T(const void* x, const void* scales, const void* zeros,       \
                                          int64_t stride, int64_t n, void* out) {                     \
    Dequantise(static_cast<const Q*>(x), static_cast<const T*>(scales), static_cast<const Q*>(zeros), \
               stride, n, static_cast<T*>(out));                                                      \
  }
QUANTISE_LOOP(int8_t)
QUANTISE_LOOP(uint8_t)
QUANTISE_LOOP(int16_t)
QUANTISE_LOOP(uint16_t)
DEQUANTISE_LOOP(int8_t, float)
DEQUANTISE_LOOP(uint8_t, float)
DEQUANTISE_LOOP(int16_t, float)
DEQUANTISE_LOOP(uint16_t, float)
DEQUANTISE_LOOP(int32_t, float)
DEQUANTISE_LOOP(int8_t, double)
DEQUANTISE_LOOP(uint8_t, double)
DEQUANTISE_LOOP(int16_t, double)
DEQUANTISE_LOOP(uint16_t, double)
DEQUANTISE_LOOP(int32_t, double)

}  // namespace

QuantiseLoop FindQuantiseLoop(DType to) {
  switch (to) {
    case DType::kI8:
      return &Quantise_int8_t;
    case DType::kU8:
      return &Quantise_uint8_t;
    case DType::kI16:
      return &Quantise_int16_t;
    case DType::kU16:
      return &Quantise_uint16_t;
    default:
      return nullptr;
  }
}

DequantiseLoop FindDequantiseLoop(DType from, DType to) {
  if (to != DType::kF32 && to != DType::kF64) return nullptr;
  const bool narrow = to == DType::kF32;
  switch (from) {
    case DType::kI8:
      return narrow ? &Dequantise_int8_t_float : &Dequantise_int8_t_double;
    case DType::kU8:
      return narrow ? &Dequantise_uint8_t_float : &Dequantise_uint8_t_double;
    case DType::kI16:
      return narrow ? &Dequantise_int16_t_float : &Dequantise_int16_t_double;
    case DType::kU16:
      return narrow ? &Dequantise_uint16_t_float : &Dequantise_uint16_t_double;
    case DType::kI32:
      return narrow ? &Dequantise_int32_t_float : &Dequantise_int32_t_double;
    default:
      return nullptr;
  }
}

}  // namespace sinter
