#include "engine/device/cpu/geometry.h"

#include <algorithm>
#include <cstring>

namespace sinter {

Result<FixedWindow> FixedWindows(const NodeView& node, const Shape& in, std::span<const int64_t> kernel) {
  TRY(const auto windows, WindowsOf(node, std::span<const Dim>(in).subspan(2), kernel));
  FixedWindow fixed;
  fixed.x = windows.back();
  if (windows.size() == 2) fixed.y = windows[0];
  return fixed;
}

Geometry GeometryOf(const FixedWindow& window, const Dims& in, const Dims& out) {
  Geometry g;
  g.x = window.x;
  g.y = window.y;
  g.w = in.back();
  g.ow = out.back();
  g.h = in.size() == 4 ? in[2] : 1;
  g.oh = in.size() == 4 ? out[2] : 1;
  return g;
}

std::pair<int64_t, int64_t> Inside(int64_t shift, int64_t stride, int64_t size, int64_t outputs) {
  const int64_t begin = shift >= 0 ? 0 : (-shift + stride - 1) / stride;
  const int64_t end = size - shift <= 0 ? 0 : (size - shift + stride - 1) / stride;
  return {std::min(begin, outputs), std::clamp<int64_t>(end, std::min(begin, outputs), outputs)};
}

void ImageToColumns(const Geometry& g, const float* image, int64_t channels, float* columns) {
  for (int64_t c = 0; c < channels; ++c) {
    for (int64_t ky = 0; ky < g.y.kernel; ++ky) {
      for (int64_t kx = 0; kx < g.x.kernel; ++kx) {
        const int64_t shift = kx * g.x.dilation - g.x.pad_begin;
        const auto [begin, end] = Inside(shift, g.x.stride, g.w, g.ow);
        for (int64_t oy = 0; oy < g.oh; ++oy, columns += g.ow) {
          const int64_t iy = oy * g.y.stride + ky * g.y.dilation - g.y.pad_begin;
          if (iy < 0 || iy >= g.h) {
            std::fill_n(columns, g.ow, 0.0f);
            continue;
          }
          const float* row = image + (c * g.h + iy) * g.w + shift;
          std::fill_n(columns, begin, 0.0f);
          if (g.x.stride == 1)
            std::copy(row + begin, row + end, columns + begin);
          else
            for (int64_t ox = begin; ox < end; ++ox) columns[ox] = row[ox * g.x.stride];
          std::fill(columns + end, columns + g.ow, 0.0f);
        }
      }
    }
  }
}

void ColumnsToImage(const Geometry& g, const float* columns, int64_t channels, float* image) {
  std::fill_n(image, channels * g.in(), 0.0f);
  for (int64_t c = 0; c < channels; ++c) {
    for (int64_t ky = 0; ky < g.y.kernel; ++ky) {
      for (int64_t kx = 0; kx < g.x.kernel; ++kx) {
        const int64_t shift = kx * g.x.dilation - g.x.pad_begin;
        const auto [begin, end] = Inside(shift, g.x.stride, g.w, g.ow);
        for (int64_t oy = 0; oy < g.oh; ++oy, columns += g.ow) {
          const int64_t iy = oy * g.y.stride + ky * g.y.dilation - g.y.pad_begin;
          if (iy < 0 || iy >= g.h) continue;
          float* row = image + (c * g.h + iy) * g.w + shift;
          if (g.x.stride == 1) {
            for (int64_t ox = begin; ox < end; ++ox) row[ox] += columns[ox];
          } else {
            for (int64_t ox = begin; ox < end; ++ox) row[ox * g.x.stride] += columns[ox];
          }
        }
      }
    }
  }
}

}  // namespace sinter
