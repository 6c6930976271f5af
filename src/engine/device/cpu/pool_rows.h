// Rows of pools: one tap of the windows at a time over a row of outputs, compiled for several instruction
// sets.
#pragma once

#include <cstdint>

namespace sinter {

// best[o] = max(best[o], row[o * stride + shift]) for o in [begin, end); a NaN stays.
void MaxOfTap(const float* row, int64_t stride, int64_t shift, int64_t begin, int64_t end, float* best);

// The same, noting in place[o] which tap was the first largest; place[o] < 0 says that best[o] holds none
// yet.
void MaxOfTapNoted(const float* row, int64_t stride, int64_t shift, int64_t begin, int64_t end, int32_t tap,
                   float* best, int32_t* place);

// row[o * stride + shift] += gradient[o] where place[o] is `tap`.
void ScatterTap(const float* gradient, const int32_t* place, int32_t tap, int64_t stride, int64_t shift,
                int64_t begin, int64_t end, float* row);

// sum[o] += row[o * stride + shift].
void SumOfTap(const float* row, int64_t stride, int64_t shift, int64_t begin, int64_t end, float* sum);
// row[o * stride + shift] += share[o].
void SpreadTap(const float* share, int64_t stride, int64_t shift, int64_t begin, int64_t end, float* row);
// share[o] = x[o] / (across[o] * along).
void ShareRow(const float* x, const float* across, float along, int64_t n, float* share);

// Windows of 2 x 2, two apart, inside the picture: what most networks pool with.
// out[o] = the largest of window o of two rows.
void MaxOfPairs(const float* upper, const float* lower, int64_t outputs, float* out);
// out[o] = the largest of window o and 0: the pool of what Relu gives, which makes 0 of what is no number.
void MaxOfPairsAboveZero(const float* upper, const float* lower, int64_t outputs, float* out);
// Writes the four places of each window: the gradient at the first largest, zero elsewhere (a window with a
// NaN gives it to the first element: that step is lost anyway).
void SpreadOverPairs(const float* upper, const float* lower, const float* gradient, int64_t outputs,
                     float* upper_out, float* lower_out);

}  // namespace sinter
