#include "engine/ops/support/pooling.h"

#include <algorithm>

#include <fmt/format.h>

namespace sinter {

Result<Shape> PoolingShape(const NodeView& node, const Shape& x) {
  if (x.size() < 3)
    return InvalidArgument(fmt::format("{}: {} needs rank 3 or more", node.Describe(), ShapeToString(x)));
  const std::vector<int64_t> kernel = node.Ints("kernel_shape");
  TRY(const auto windows, WindowsOf(node, std::span<const Dim>(x).subspan(2), kernel));
  Shape out{x[0], x[1]};
  for (size_t d = 0; d < windows.size(); ++d) {
    out.push_back(OutputSize(x[d + 2], windows[d], node.Int("ceil_mode") != 0));
    if (out.back().IsConstant() && *out.back().Constant() < 1) {
      return InvalidArgument(fmt::format("{}: a window of {} does not fit dimension {}", node.Describe(),
                                         kernel[d], x[d + 2].ToString()));
    }
  }
  return out;
}

Result<Pooling> PoolingOf(const NodeView& node, const Dims& x) {
  TRY_STATUS(PoolingShape(node, Shape(x.begin(), x.end())));
  Pooling p;
  p.planes = x[0] * x[1];
  p.in = Spatial(x);
  TRY(p.windows, WindowsOf(node, std::span<const int64_t>(p.in), node.Ints("kernel_shape")));
  TRY(p.out, OutputSizes(node, p.in, p.windows));
  p.dims = {x[0], x[1]};
  p.dims.insert(p.dims.end(), p.out.begin(), p.out.end());
  p.ins = Product(p.in, 0, p.in.size());
  p.outs = Product(p.out, 0, p.out.size());
  return p;
}

std::vector<int64_t> PoolingCounts(const NodeView& node, const Pooling& p) {
  std::vector<int64_t> counts(static_cast<size_t>(p.outs), 0);
  if (node.Int("count_include_pad") == 0) {
    ForEachWindowElement(p.in, p.out, p.windows,
                         [&](int64_t o, int64_t, int64_t) { ++counts[static_cast<size_t>(o)]; });
    return counts;
  }
  // Taps inside the padded input; those that ceil_mode lets stick out further do not count.
  for (int64_t o = 0; o < p.outs; ++o) {
    int64_t count = 1, rest = o;
    for (size_t d = p.out.size(); d-- > 0;) {
      const Window& w = p.windows[d];
      const int64_t start = rest % p.out[d] * w.stride, limit = p.in[d] + w.pad_begin + w.pad_end;
      int64_t taps = 0;
      for (int64_t k = 0; k < w.kernel; ++k) taps += start + k * w.dilation < limit;
      count *= taps;
      rest /= p.out[d];
    }
    counts[static_cast<size_t>(o)] = count;
  }
  return counts;
}

}  // namespace sinter
