#include "engine/device/cpu/pool_rows.h"

#include "engine/device/cpu/lanes.h"
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

// An element gets the gradient if it is the largest and none before it is; NaNs count as largest.
// !(x < largest): it is the largest, or one of them is NaN.
template <class V>
SINTER_INLINE void SpreadOne(V& a, V& b, V& c, V& d, const V& g) {
  V largest;
  LargestOfFour(a, b, c, d, largest);
  const V zero = {};
  const V to_a = a < largest ? zero : g, rest_a = a < largest ? g : zero;
  const V to_b = b < largest ? zero : rest_a, rest_b = b < largest ? rest_a : zero;
  const V to_c = c < largest ? zero : rest_b, rest_c = c < largest ? rest_b : zero;
  a = to_a;
  b = to_b;
  c = to_c;
  d = rest_c;
}

template <int W>
SINTER_INLINE void MaxLanes(const float* upper, const float* lower, int64_t o, float* out) {
  using L = Lanes<W>;
  constexpr auto kAll = std::make_integer_sequence<int, W>();
  typename L::Type a, b, c, d, even, odd, largest;
  L::Load(upper + 2 * o, a);
  L::Load(upper + 2 * o + W, b);
  L::Load(lower + 2 * o, c);
  L::Load(lower + 2 * o + W, d);
  Larger(a, c, a);  // rows first: then there is half as much to sort into even and odd
  Larger(b, d, b);
  L::Split(a, b, even, odd, kAll);
  Larger(even, odd, largest);
  L::Store(largest, out + o);
}

// The largest of a window and 0; what is no number counts for nothing.
template <int W>
SINTER_INLINE void MaxLanesAboveZero(const float* upper, const float* lower, int64_t o, float* out) {
  using L = Lanes<W>;
  constexpr auto kAll = std::make_integer_sequence<int, W>();
  typename L::Type a, b, c, d, even, odd, most;
  const typename L::Type zero = {};
  L::Load(upper + 2 * o, a);
  L::Load(upper + 2 * o + W, b);
  L::Load(lower + 2 * o, c);
  L::Load(lower + 2 * o + W, d);
  a = a > zero ? a : zero;
  b = b > zero ? b : zero;
  a = c > a ? c : a;
  b = d > b ? d : b;
  L::Split(a, b, even, odd, kAll);
  most = even > odd ? even : odd;
  L::Store(most, out + o);
}

template <int W>
SINTER_INLINE void SpreadLanes(const float* upper, const float* lower, const float* gradient, int64_t o,
                               float* upper_out, float* lower_out) {
  using L = Lanes<W>;
  constexpr auto kAll = std::make_integer_sequence<int, W>();
  typename L::Type a, b, c, d, g;
  L::Split(upper + 2 * o, a, b, kAll);
  L::Split(lower + 2 * o, c, d, kAll);
  L::Load(gradient + o, g);
  SpreadOne(a, b, c, d, g);
  L::Join(a, b, upper_out + 2 * o, kAll);
  L::Join(c, d, lower_out + 2 * o, kAll);
}

}  // namespace

SINTER_CLONES void MaxOfPairs(const float* upper, const float* lower, int64_t outputs, float* out) {
  if (InLanes(outputs, [&]<int W>(int64_t o) SINTER_INLINE_LAMBDA { MaxLanes<W>(upper, lower, o, out); }))
    return;
  for (int64_t o = 0; o < outputs; ++o)
    LargestOfFour(upper[2 * o], upper[2 * o + 1], lower[2 * o], lower[2 * o + 1], out[o]);
}

SINTER_CLONES void MaxOfPairsAboveZero(const float* upper, const float* lower, int64_t outputs, float* out) {
  if (InLanes(outputs,
              [&]<int W>(int64_t o) SINTER_INLINE_LAMBDA { MaxLanesAboveZero<W>(upper, lower, o, out); }))
    return;
  for (int64_t o = 0; o < outputs; ++o) {
    float most = 0;
    for (const float x : {upper[2 * o], upper[2 * o + 1], lower[2 * o], lower[2 * o + 1]})
      most = x > most ? x : most;
    out[o] = most;
  }
}

SINTER_CLONES void SpreadOverPairs(const float* upper, const float* lower, const float* gradient,
                                   int64_t outputs, float* upper_out, float* lower_out) {
  if (InLanes(outputs, [&]<int W>(int64_t o) SINTER_INLINE_LAMBDA {
        SpreadLanes<W>(upper, lower, gradient, o, upper_out, lower_out);
      }))
    return;
  for (int64_t o = 0; o < outputs; ++o) {
    float a = upper[2 * o], b = upper[2 * o + 1], c = lower[2 * o], d = lower[2 * o + 1];
    SpreadOne(a, b, c, d, gradient[o]);
    upper_out[2 * o] = a;
    upper_out[2 * o + 1] = b;
    lower_out[2 * o] = c;
    lower_out[2 * o + 1] = d;
  }
}

}  // namespace sinter
