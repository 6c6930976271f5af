#include "engine/device/cpu/direct_rows.h"

#include "engine/device/cpu/lanes.h"
#include "engine/device/cpu/loops.h"

namespace sinter {
namespace {

// V pieces of W outputs, `step` apart: as many sums under way as hide the latency of a multiplication.
template <int W, int V>
SINTER_INLINE void Pieces(const float* picture, const int64_t* offsets, int64_t taps, const float* weights,
                          const float* bias, int64_t filters, int64_t step, float* out, int64_t apart) {
  using L = Lanes<W>;
  constexpr int kFilters = kDirectFilters;
  typename L::Type sums[kFilters][V];
  {
    typename L::Type x[V];
#pragma GCC unroll 2
    for (int v = 0; v < V; ++v) L::Load(picture + offsets[0] + v * step, x[v]);
#pragma GCC unroll 4
    for (int f = 0; f < kFilters; ++f) {
#pragma GCC unroll 2
      for (int v = 0; v < V; ++v) sums[f][v] = weights[f] * x[v] + bias[f];
    }
  }
  for (int64_t t = 1; t < taps; ++t) {
    typename L::Type x[V];
#pragma GCC unroll 2
    for (int v = 0; v < V; ++v) L::Load(picture + offsets[t] + v * step, x[v]);
#pragma GCC unroll 4
    for (int f = 0; f < kFilters; ++f) {
#pragma GCC unroll 2
      for (int v = 0; v < V; ++v) sums[f][v] += weights[t * kFilters + f] * x[v];
    }
  }
#pragma GCC unroll 4
  for (int f = 0; f < kFilters; ++f) {
    if (f >= filters) break;
#pragma GCC unroll 2
    for (int v = 0; v < V; ++v) L::Store(sums[f][v], out + f * apart + v * step);
  }
}

template <int W>
SINTER_INLINE void Row(const float* picture, const int64_t* offsets, int64_t taps, const float* weights,
                       const float* bias, int64_t filters, int64_t n, float* out, int64_t apart) {
  int64_t o = 0;
  for (; o + 2 * W <= n; o += 2 * W)
    Pieces<W, 2>(picture + o, offsets, taps, weights, bias, filters, W, out + o, apart);
  if (n - o > W)
    Pieces<W, 2>(picture + o, offsets, taps, weights, bias, filters, n - W - o, out + o, apart);
  else if (n > o)
    Pieces<W, 1>(picture + n - W, offsets, taps, weights, bias, filters, 0, out + n - W, apart);
}

}  // namespace

SINTER_CLONES void DirectRow(const float* picture, const int64_t* offsets, int64_t taps, const float* weights,
                             const float* bias, int64_t filters, int64_t n, float* out, int64_t apart) {
  if (n >= 16) return Row<16>(picture, offsets, taps, weights, bias, filters, n, out, apart);
  if (n >= 8) return Row<8>(picture, offsets, taps, weights, bias, filters, n, out, apart);
  if (n >= 4) return Row<4>(picture, offsets, taps, weights, bias, filters, n, out, apart);
  for (int64_t f = 0; f < filters; ++f) {
    for (int64_t o = 0; o < n; ++o) {
      float sum = bias[f];
      for (int64_t t = 0; t < taps; ++t) sum += weights[t * kDirectFilters + f] * picture[offsets[t] + o];
      out[f * apart + o] = sum;
    }
  }
}

SINTER_CLONES void ReluRow(int64_t n, float* row) {
  for (int64_t o = 0; o < n; ++o) row[o] = row[o] > 0 ? row[o] : 0;
}

}  // namespace sinter
