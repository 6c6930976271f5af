#include "engine/device/cpu/copies.h"

#include <algorithm>
#include <cstring>

namespace sinter {
namespace {

template <class F>
void WithSize(size_t size, F&& f) {
  switch (size) {
    case 1:
      return f.template operator()<uint8_t>();
    case 2:
      return f.template operator()<uint16_t>();
    case 4:
      return f.template operator()<uint32_t>();
    default:
      return f.template operator()<uint64_t>();
  }
}

template <class T>
void Copy(const T* __restrict from, int64_t from_stride, T* __restrict to, int64_t to_stride, int64_t n) {
  if (to_stride == 1 && from_stride == 0)
    std::fill_n(to, n, *from);
  else if (to_stride == 1)
    for (int64_t i = 0; i < n; ++i) to[i] = from[i * from_stride];
  else
    for (int64_t i = 0; i < n; ++i) to[i * to_stride] = from[i * from_stride];
}

// Element by element in place of an input is no dependency between elements.
template <class T>
void Select(const uint8_t* condition, int64_t c, const T* x, int64_t xs, const T* y, int64_t ys, T* out,
            int64_t n) {
  if (c == 0) {
    const T* from = *condition != 0 ? x : y;
    const int64_t stride = *condition != 0 ? xs : ys;
    if (stride == 0)
      std::fill_n(out, n, T(*from));
    else if (from != out)
      std::memmove(out, from, static_cast<size_t>(n) * sizeof(T));
  } else if (xs == 1 && ys == 1) {
#pragma GCC ivdep
    for (int64_t i = 0; i < n; ++i) out[i] = condition[i] != 0 ? x[i] : y[i];
  } else if (xs == 1) {
    const T other = *y;
#pragma GCC ivdep
    for (int64_t i = 0; i < n; ++i) out[i] = condition[i] != 0 ? x[i] : other;
  } else if (ys == 1) {
    const T other = *x;
#pragma GCC ivdep
    for (int64_t i = 0; i < n; ++i) out[i] = condition[i] != 0 ? other : y[i];
  } else {
    const T yes = *x, no = *y;
#pragma GCC ivdep
    for (int64_t i = 0; i < n; ++i) out[i] = condition[i] != 0 ? yes : no;
  }
}

constexpr int64_t kTile = 32;  // squares that fit the first-level cache

}  // namespace

void CopyRow(size_t size, const std::byte* from, int64_t from_stride, std::byte* to, int64_t to_stride,
             int64_t n) {
  if (from_stride == 1 && to_stride == 1) {
    std::memcpy(to, from, static_cast<size_t>(n) * size);
    return;
  }
  WithSize(size, [&]<class T>() {
    Copy(reinterpret_cast<const T*>(from), from_stride, reinterpret_cast<T*>(to), to_stride, n);
  });
}

void FillRow(size_t size, const std::byte* value, std::byte* to, int64_t n) {
  WithSize(size,
           [&]<class T>() { std::fill_n(reinterpret_cast<T*>(to), n, *reinterpret_cast<const T*>(value)); });
}

void SelectRow(size_t size, const uint8_t* condition, int64_t c, const std::byte* x, int64_t xs,
               const std::byte* y, int64_t ys, std::byte* out, int64_t n) {
  WithSize(size, [&]<class T>() {
    Select(condition, c, reinterpret_cast<const T*>(x), xs, reinterpret_cast<const T*>(y), ys,
           reinterpret_cast<T*>(out), n);
  });
}

void TransposeRows(size_t size, const std::byte* from, int64_t rows, int64_t columns, int64_t r0, int64_t r1,
                   std::byte* to) {
  WithSize(size, [&]<class T>() {
    const T* __restrict x = reinterpret_cast<const T*>(from);
    T* __restrict y = reinterpret_cast<T*>(to);
    for (int64_t t = r0; t < r1; t += kTile) {
      for (int64_t c0 = 0; c0 < columns; c0 += kTile) {
        for (int64_t r = t; r < std::min(r1, t + kTile); ++r) {
          for (int64_t c = c0; c < std::min(columns, c0 + kTile); ++c) y[c * rows + r] = x[r * columns + c];
        }
      }
    }
  });
}

}  // namespace sinter
