#include "engine/device/cpu/pool_rows.h"

#include "engine/device/cpu/loops.h"

namespace sinter {
namespace {

// The usual strides are constants of the loops, so that they vectorise.
#define WITH_STRIDE(stride, Loop) \
  switch (stride) {               \
    case 1:                       \
      Loop(1);                    \
      break;                      \
    case 2:                       \
      Loop(2);                    \
      break;                      \
    default:                      \
      Loop(stride);               \
  }

}  // namespace

SINTER_CLONES void MaxOfTap(const float* row, int64_t stride, int64_t shift, int64_t begin, int64_t end,
                            float* best){
#define MAX_LOOP(step)                               \
  for (int64_t o = begin; o < end; ++o) {            \
    const float x = row[o * (step) + shift];         \
    best[o] = (x > best[o] || x != x) ? x : best[o]; \
  }
    WITH_STRIDE(stride, MAX_LOOP)
#undef MAX_LOOP
}

SINTER_CLONES void MaxOfTapNoted(const float* row, int64_t stride, int64_t shift, int64_t begin, int64_t end,
                                 int32_t tap, float* best, int32_t* place){
#define NOTED_LOOP(step)                                                \
  for (int64_t o = begin; o < end; ++o) {                               \
    const float x = row[o * (step) + shift], b = best[o];               \
    const bool take = (x > b) | (place[o] < 0) | ((x != x) & (b == b)); \
    best[o] = take ? x : b;                                             \
    place[o] = take ? tap : place[o];                                   \
  }
    WITH_STRIDE(stride, NOTED_LOOP)
#undef NOTED_LOOP
}

SINTER_CLONES void ScatterTap(const float* gradient, const int32_t* place, int32_t tap, int64_t stride,
                              int64_t shift, int64_t begin, int64_t end, float* row){
#define SCATTER_LOOP(step) \
  for (int64_t o = begin; o < end; ++o) row[o * (step) + shift] += place[o] == tap ? gradient[o] : 0.0f;
    WITH_STRIDE(stride, SCATTER_LOOP)
#undef SCATTER_LOOP
}

SINTER_CLONES void SumOfTap(const float* __restrict row, int64_t stride, int64_t shift, int64_t begin,
                            int64_t end, float* __restrict sum){
#define SUM_LOOP(step) \
  for (int64_t o = begin; o < end; ++o) sum[o] += row[o * (step) + shift];
    WITH_STRIDE(stride, SUM_LOOP)
#undef SUM_LOOP
}

SINTER_CLONES void SpreadTap(const float* __restrict share, int64_t stride, int64_t shift, int64_t begin,
                             int64_t end, float* __restrict row){
#define SPREAD_LOOP(step) \
  for (int64_t o = begin; o < end; ++o) row[o * (step) + shift] += share[o];
    WITH_STRIDE(stride, SPREAD_LOOP)
#undef SPREAD_LOOP
}

SINTER_CLONES void ShareRow(const float* x, const float* across, float along, int64_t n, float* share) {
#pragma GCC ivdep
  for (int64_t o = 0; o < n; ++o) share[o] = x[o] / (across[o] * along);
}

namespace {

// As two choices without a branch between them, which compilers vectorise: the larger; a NaN if there is one.
[[gnu::always_inline]] inline float Larger(float a, float b) {
  const float larger = b > a ? b : a;  // keeps a NaN in a
  return b != b ? b : larger;
}

}  // namespace

SINTER_CLONES void MaxOfPairs(const float* __restrict upper, const float* __restrict lower, int64_t outputs,
                              float* __restrict out) {
  for (int64_t o = 0; o < outputs; ++o)
    out[o] = Larger(Larger(upper[2 * o], upper[2 * o + 1]), Larger(lower[2 * o], lower[2 * o + 1]));
}

// An element gets the gradient if it is the largest and none before it is; NaNs count as largest.
SINTER_CLONES void SpreadOverPairs(const float* __restrict upper, const float* __restrict lower,
                                   const float* __restrict gradient, int64_t outputs,
                                   float* __restrict upper_out, float* __restrict lower_out) {
  for (int64_t o = 0; o < outputs; ++o) {
    const float a = upper[2 * o], b = upper[2 * o + 1], c = lower[2 * o], d = lower[2 * o + 1];
    const float largest = Larger(Larger(a, b), Larger(c, d)), g = gradient[o];
    // !(x < largest): it is the largest, or one of them is NaN.
    const float to_a = a < largest ? 0.0f : g, rest_a = a < largest ? g : 0.0f;
    const float to_b = b < largest ? 0.0f : rest_a, rest_b = b < largest ? rest_a : 0.0f;
    const float to_c = c < largest ? 0.0f : rest_b, rest_c = c < largest ? rest_b : 0.0f;
    upper_out[2 * o] = to_a;
    upper_out[2 * o + 1] = to_b;
    lower_out[2 * o] = to_c;
    lower_out[2 * o + 1] = rest_c;
  }
}

}  // namespace sinter
