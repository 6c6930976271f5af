// Rows and columns of scans along an axis, compiled for several instruction sets. NaNs are never found,
// except one that stands first: no comparison moves from it.
#pragma once

#include <cstdint>
#include <type_traits>

namespace sinter {

// MostOfRow, LeastOfRow: where the first (or last) extreme of n > 0 elements stands.
// MostSoFar, LeastSoFar: takes row k of columns into the best elements and their places.
// AddColumns: sums[i] += x[i]; y[i] = the sum, or with `exclusive` what it was before.
#define SINTER_SCAN_LOOPS(T)                                                             \
  int64_t MostOfRow(const T* x, int64_t n, bool last);                                   \
  int64_t LeastOfRow(const T* x, int64_t n, bool last);                                  \
  void MostSoFar(const T* x, int64_t n, int64_t k, bool last, T* best, int64_t* place);  \
  void LeastSoFar(const T* x, int64_t n, int64_t k, bool last, T* best, int64_t* place); \
  void AddColumns(const T* x, T* y, int64_t n, bool exclusive,                           \
                  std::conditional_t<std::is_floating_point_v<T>, double, T>* sums);
SINTER_SCAN_LOOPS(float)
SINTER_SCAN_LOOPS(double)
SINTER_SCAN_LOOPS(int32_t)
SINTER_SCAN_LOOPS(int64_t)
#undef SINTER_SCAN_LOOPS

}  // namespace sinter
