// Folds of many elements into one: sums, sums of squares, products, extremes; compiled for several
// instruction sets. Floats are summed and multiplied in double; the order of a row's elements depends on
// its length alone.
#pragma once

#include <cstdint>
#include <limits>
#include <type_traits>

#include "engine/device/cpu/loops.h"
#include "engine/device/cpu/vector_math.h"

namespace sinter {

// Step takes an element in, Join another fold's result.
struct SumFold {
  template <class A>
  static constexpr A Identity() {
    return 0;
  }
  template <class A>
  SINTER_INLINE static A Step(A sum, A x) {
    return static_cast<A>(sum + x);
  }
  template <class A>
  SINTER_INLINE static A Join(A a, A b) {
    return static_cast<A>(a + b);
  }
};
struct SquareFold : SumFold {
  template <class A>
  SINTER_INLINE static A Step(A sum, A x) {
    return static_cast<A>(sum + x * x);
  }
};
struct ProductFold {
  template <class A>
  static constexpr A Identity() {
    return 1;
  }
  template <class A>
  SINTER_INLINE static A Step(A product, A x) {
    return static_cast<A>(product * x);
  }
  template <class A>
  SINTER_INLINE static A Join(A a, A b) {
    return static_cast<A>(a * b);
  }
};
// Passes over NaNs, as the reference does.
struct MostFold {
  template <class A>
  static constexpr A Identity() {
    return std::numeric_limits<A>::has_infinity ? -std::numeric_limits<A>::infinity()
                                                : std::numeric_limits<A>::lowest();
  }
  template <class A>
  SINTER_INLINE static A Step(A most, A x) {
    return x > most ? x : most;
  }
  template <class A>
  SINTER_INLINE static A Join(A a, A b) {
    return b > a ? b : a;
  }
};
struct LeastFold {
  template <class A>
  static constexpr A Identity() {
    return std::numeric_limits<A>::has_infinity ? std::numeric_limits<A>::infinity()
                                                : std::numeric_limits<A>::max();
  }
  template <class A>
  SINTER_INLINE static A Step(A least, A x) {
    return x < least ? x : least;
  }
  template <class A>
  SINTER_INLINE static A Join(A a, A b) {
    return b < a ? b : a;
  }
};

// What a fold of T's is kept in.
template <class Fold, class T>
using Folded = std::conditional_t<std::is_same_v<T, float> && !std::is_same_v<Fold, MostFold> &&
                                      !std::is_same_v<Fold, LeastFold>,
                                  double, T>;

// FoldRow: of n elements. FoldColumns: folds[i] = Step(folds[i], x[i]).
#define SINTER_FOLD_LOOPS(Fold, T)                           \
  Folded<Fold, T> FoldRow(Fold fold, const T* x, int64_t n); \
  void FoldColumns(Fold fold, const T* x, int64_t n, Folded<Fold, T>* folds);
#define SINTER_FOLDS_OF(T)          \
  SINTER_FOLD_LOOPS(SumFold, T)     \
  SINTER_FOLD_LOOPS(SquareFold, T)  \
  SINTER_FOLD_LOOPS(ProductFold, T) \
  SINTER_FOLD_LOOPS(MostFold, T)    \
  SINTER_FOLD_LOOPS(LeastFold, T)
SINTER_FOLDS_OF(float)
SINTER_FOLDS_OF(double)
SINTER_FOLDS_OF(int32_t)
SINTER_FOLDS_OF(int64_t)
#undef SINTER_FOLD_LOOPS
#undef SINTER_FOLDS_OF

}  // namespace sinter
