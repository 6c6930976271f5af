#include "engine/device/cpu/scan_loops.h"

#include <algorithm>

#include "engine/device/cpu/loops.h"
#include "engine/device/cpu/vector_math.h"

namespace sinter {
namespace {

template <bool kLeast, class T>
SINTER_INLINE bool Better(T x, T than) {
  return kLeast ? x < than : x > than;
}

// The extreme first, then where it stands: both passes vectorise.
template <bool kLeast, class T>
SINTER_INLINE int64_t OfRow(const T* x, int64_t n, bool last) {
  constexpr int64_t kParts = 32, kBlock = 64;
  T parts[kParts];
  for (T& part : parts) part = x[0];
  int64_t i = 0;
  for (; i + kParts <= n; i += kParts) {
    for (int64_t k = 0; k < kParts; ++k) parts[k] = Better<kLeast>(x[i + k], parts[k]) ? x[i + k] : parts[k];
  }
  T best = x[0];
  for (; i < n; ++i) best = Better<kLeast>(x[i], best) ? x[i] : best;
  for (const T part : parts) best = Better<kLeast>(part, best) ? part : best;
  if (best != best) return 0;  // NOLINT: no number differs from itself
  const int64_t blocks = (n + kBlock - 1) / kBlock;
  for (int64_t b = 0; b < blocks; ++b) {
    const int64_t first = (last ? blocks - 1 - b : b) * kBlock, end = std::min(n, first + kBlock);
    int found = 0;
    for (int64_t k = first; k < end; ++k) found |= x[k] == best;
    if (found == 0) continue;
    if (last) {
      for (int64_t k = end; k-- > first;) {
        if (x[k] == best) return k;
      }
    }
    for (int64_t k = first; k < end; ++k) {
      if (x[k] == best) return k;
    }
  }
  return 0;
}

template <bool kLeast, class T>
SINTER_INLINE void SoFar(const T* __restrict x, int64_t n, int64_t k, bool last, T* __restrict best,
                         int64_t* __restrict place) {
  if (last) {
    for (int64_t i = 0; i < n; ++i) {
      const bool take = Better<kLeast>(x[i], best[i]) | (x[i] == best[i]);
      best[i] = take ? x[i] : best[i];
      place[i] = take ? k : place[i];
    }
  } else {
    for (int64_t i = 0; i < n; ++i) {
      const bool take = Better<kLeast>(x[i], best[i]);
      best[i] = take ? x[i] : best[i];
      place[i] = take ? k : place[i];
    }
  }
}

template <class T, class A>
SINTER_INLINE void Add(const T* x, T* y, int64_t n, bool exclusive, A* __restrict sums) {
#pragma GCC ivdep
  for (int64_t i = 0; i < n; ++i) {
    const A before = sums[i], sum = static_cast<A>(before + static_cast<A>(x[i]));
    y[i] = static_cast<T>(exclusive ? before : sum);
    sums[i] = sum;
  }
}

}  // namespace

#define SCAN_LOOPS(T)                                                                                    \
  SINTER_CLONES int64_t MostOfRow(const T* x, int64_t n, bool last) { return OfRow<false>(x, n, last); } \
  SINTER_CLONES int64_t LeastOfRow(const T* x, int64_t n, bool last) { return OfRow<true>(x, n, last); } \
  SINTER_CLONES void MostSoFar(const T* x, int64_t n, int64_t k, bool last, T* best, int64_t* place) {   \
    SoFar<false>(x, n, k, last, best, place);                                                            \
  }                                                                                                      \
  SINTER_CLONES void LeastSoFar(const T* x, int64_t n, int64_t k, bool last, T* best, int64_t* place) {  \
    SoFar<true>(x, n, k, last, best, place);                                                             \
  }                                                                                                      \
  SINTER_CLONES void AddColumns(const T* x, T* y, int64_t n, bool exclusive,                             \
                                std::conditional_t<std::is_floating_point_v<T>, double, T>* sums) {      \
    Add(x, y, n, exclusive, sums);                                                                       \
  }
SCAN_LOOPS(float)
SCAN_LOOPS(double)
SCAN_LOOPS(int32_t)
SCAN_LOOPS(int64_t)

}  // namespace sinter
