// Rows of quantisation, compiled for several instruction sets. Scales and zero points have stride 0 (one for
// the row) or 1; zeros may be null.
#pragma once

#include <cstdint>

#include "engine/tensor/dtype.h"

namespace sinter {

// out[i] = saturated(round(x[i] / scales[i]) + zeros[i]), halves to even, in double as the reference does.
using QuantiseLoop = void (*)(const float* x, const float* scales, const void* zeros, int64_t stride,
                              int64_t n, void* out);
// out[i] = (x[i] - zeros[i]) scales[i]; out may be x.
using DequantiseLoop = void (*)(const void* x, const void* scales, const void* zeros, int64_t stride,
                                int64_t n, void* out);

// Null when there is none.
QuantiseLoop FindQuantiseLoop(DType to);
DequantiseLoop FindDequantiseLoop(DType from, DType to);

}  // namespace sinter
