// Two-dimensional windows as kernels see them, read from a node once.
#pragma once

#include <array>
#include <optional>
#include <string>
#include <utility>

#include "engine/device/device.h"
#include "engine/ops/support/window.h"

namespace sinter {

// Pictures [n, c, h, w], windows of kernel x kernel. One-dimensional ones are pictures of height 1.
struct Geometry {
  int64_t h = 0, w = 0, oh = 0, ow = 0;
  Window y, x;
  int64_t in() const { return h * w; }
  int64_t out() const { return oh * ow; }
  int64_t taps() const { return y.kernel * x.kernel; }
};

// The windows of a node, which no size known only at run time changes. `in`: the input's whole shape. Errors:
// what inference refuses too.
struct FixedWindow {
  Window y, x;
};
Result<FixedWindow> FixedWindows(const NodeView& node, const Shape& in, std::span<const int64_t> kernel);
// With the dims of pictures and of what comes out.
Geometry GeometryOf(const FixedWindow& window, const Dims& in, const Dims& out);

// The outputs along one axis whose tap at offset `shift` falls inside [0, size).
std::pair<int64_t, int64_t> Inside(int64_t shift, int64_t stride, int64_t size, int64_t outputs);

// Calls f(tap, first element of the input row, shift, begin, end) for the taps of the windows of output row
// oy, in order; outputs begin to end see it inside the input.
template <class F>
void ForEachTap(const Geometry& g, int64_t oy, F&& f) {
  for (int64_t ky = 0; ky < g.y.kernel; ++ky) {
    const int64_t iy = oy * g.y.stride + ky * g.y.dilation - g.y.pad_begin;
    if (iy < 0 || iy >= g.h) continue;
    for (int64_t kx = 0; kx < g.x.kernel; ++kx) {
      const int64_t shift = kx * g.x.dilation - g.x.pad_begin;
      const auto [begin, end] = Inside(shift, g.x.stride, g.w, g.ow);
      f(static_cast<int32_t>(ky * g.x.kernel + kx), iy * g.w, shift, begin, end);
    }
  }
}

// Column c of a [channels * taps, out] matrix holds what the window at output position c sees, zeros outside.
void ImageToColumns(const Geometry& g, const float* image, int64_t channels, float* columns);
// Adds the columns back to where they came from; `image` is cleared first.
void ColumnsToImage(const Geometry& g, const float* columns, int64_t channels, float* image);

}  // namespace sinter
