// Fixed numbers of floats at once, for rows too short to leave a tail that goes one by one: the last piece of
// a row overlaps the one before, which writes the same again. For loops compiled for several instruction
// sets (SINTER_CLONES), into which all of this is inlined. For cpu's own files.
#pragma once

#include <cstdint>
#include <utility>

#include "engine/device/cpu/vector_math.h"

namespace sinter {

// A vector of W floats, read and written wherever it stands. By reference: how vectors are passed by value
// depends on the instruction set.
template <int W>
struct Lanes {
  typedef float Type [[gnu::vector_size(W * sizeof(float))]];
  SINTER_INLINE static void Load(const float* from, Type& to) { __builtin_memcpy(&to, from, sizeof(to)); }
  SINTER_INLINE static void Store(const Type& from, float* to) { __builtin_memcpy(to, &from, sizeof(from)); }
  // Of 2 W floats, those in even and in odd places; `I` is 0..W-1.
  template <int... I>
  SINTER_INLINE static void Split(const Type& low, const Type& high, Type& even, Type& odd,
                                  std::integer_sequence<int, I...>) {
    even = __builtin_shufflevector(low, high, (2 * I)...);
    odd = __builtin_shufflevector(low, high, (2 * I + 1)...);
  }
  template <class Places>
  SINTER_INLINE static void Split(const float* from, Type& even, Type& odd, Places places) {
    Type low, high;
    Load(from, low);
    Load(from + W, high);
    Split(low, high, even, odd, places);
  }
  template <int... I>
  SINTER_INLINE static void Join(const Type& even, const Type& odd, float* to,
                                 std::integer_sequence<int, I...>) {
    Store(__builtin_shufflevector(even, odd, (I / 2 + I % 2 * W)...), to);
    Store(__builtin_shufflevector(even, odd, (W / 2 + I / 2 + I % 2 * W)...), to + W);
  }
};

#define SINTER_INLINE_LAMBDA __attribute__((always_inline))

// Calls f<W>(o) for pieces of 0..n-1, W at most 8: g++ 12 takes comparisons of wider vectors apart, element
// by element. False: fewer than four, nothing is called.
template <class F>
SINTER_INLINE bool InLanes(int64_t n, F&& f) {
  auto all = [&]<int W>() SINTER_INLINE_LAMBDA {
    int64_t o = 0;
    for (; o + W <= n; o += W) f.template operator()<W>(o);
    if (o < n) f.template operator()<W>(n - W);
  };
  if (n >= 8)
    all.template operator()<8>();
  else if (n >= 4)
    all.template operator()<4>();
  return n >= 4;
}

// As two choices without a branch between them: the larger; a NaN if there is one. Of floats and of lanes.
template <class V>
SINTER_INLINE void Larger(const V& a, const V& b, V& out) {
  const V larger = b > a ? b : a;  // keeps a NaN in a
  out = b != b ? b : larger;       // NOLINT: no number differs from itself
}

template <class V>
SINTER_INLINE void LargestOfFour(const V& a, const V& b, const V& c, const V& d, V& out) {
  V upper, lower;
  Larger(a, b, upper);
  Larger(c, d, lower);
  Larger(upper, lower, out);
}

}  // namespace sinter
