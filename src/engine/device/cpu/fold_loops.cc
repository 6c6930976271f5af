#include "engine/device/cpu/fold_loops.h"

namespace sinter {
namespace {

// As many interleaved parts as hide the latency of an addition.
constexpr int kParts = 32;

template <class Fold, class T, class A>
SINTER_INLINE A Row(const T* x, int64_t n) {
  A parts[kParts];
  for (A& part : parts) part = Fold::template Identity<A>();
  int64_t i = 0;
  for (; i + kParts <= n; i += kParts) {
    for (int k = 0; k < kParts; ++k) parts[k] = Fold::Step(parts[k], static_cast<A>(x[i + k]));
  }
  for (int k = 0; i < n; ++i, ++k) parts[k] = Fold::Step(parts[k], static_cast<A>(x[i]));
  for (int half = kParts / 2; half > 0; half /= 2) {
    for (int k = 0; k < half; ++k) parts[k] = Fold::Join(parts[k], parts[k + half]);
  }
  return parts[0];
}

template <class Fold, class T, class A>
SINTER_INLINE void Columns(const T* __restrict x, int64_t n, A* __restrict folds) {
  for (int64_t i = 0; i < n; ++i) folds[i] = Fold::Step(folds[i], static_cast<A>(x[i]));
}

}  // namespace

#define FOLD_LOOPS(Fold, T)                                                             \
  SINTER_CLONES Folded<Fold, T> FoldRow(Fold, const T* x, int64_t n) {                  \
    return Row<Fold, T, Folded<Fold, T>>(x, n);                                         \
  }                                                                                     \
  SINTER_CLONES void FoldColumns(Fold, const T* x, int64_t n, Folded<Fold, T>* folds) { \
    Columns<Fold, T, Folded<Fold, T>>(x, n, folds);                                     \
  }
#define FOLDS_OF(T)          \
  FOLD_LOOPS(SumFold, T)     \
  FOLD_LOOPS(SquareFold, T)  \
  FOLD_LOOPS(ProductFold, T) \
  FOLD_LOOPS(MostFold, T)    \
  FOLD_LOOPS(LeastFold, T)
FOLDS_OF(float)
FOLDS_OF(double)
FOLDS_OF(int32_t)
FOLDS_OF(int64_t)

}  // namespace sinter
