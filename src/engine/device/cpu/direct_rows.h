// Rows of convolutions over few channels, straight from row-major to row-major; compiled for several
// instruction sets.
#pragma once

#include <cstdint>

namespace sinter {

inline constexpr int64_t kDirectFilters = 4;  // at once

// A row of n outputs for each of kDirectFilters filters: out[f * apart + o] = bias[f] + the sum over taps t
// of weights[t * kDirectFilters + f] picture[offsets[t] + o]. `filters` of them are written.
void DirectRow(const float* picture, const int64_t* offsets, int64_t taps, const float* weights,
               const float* bias, int64_t filters, int64_t n, float* out, int64_t apart);

// row[o] = max(0, row[o]); what is no number becomes 0, as in Relu.
void ReluRow(int64_t n, float* row);

}  // namespace sinter
