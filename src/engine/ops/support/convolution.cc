#include "engine/ops/support/convolution.h"

#include <fmt/format.h>

namespace sinter {

Result<Convolution> ConvolutionOf(const NodeView& node, const Dims& x, const Dims& w) {
  TRY_STATUS(ConvolutionShape(node, Shape(x.begin(), x.end()), Shape(w.begin(), w.end())));
  Convolution c;
  c.n = x[0];
  c.groups = node.Int("group");
  c.cg = w[1];
  c.mg = w[0] / c.groups;
  c.in = Spatial(x);
  const Dims kernel = Spatial(w);
  TRY(c.windows, WindowsOf(node, std::span<const int64_t>(c.in), kernel));
  TRY(c.out, OutputSizes(node, c.in, c.windows));
  c.ins = Product(c.in, 0, c.in.size());
  c.outs = Product(c.out, 0, c.out.size());
  c.taps = Product(kernel, 0, kernel.size());
  return c;
}

Result<Shape> ConvolutionShape(const NodeView& node, const Shape& x, const Shape& w) {
  auto bad = [&](std::string message) {
    return InvalidArgument(fmt::format("{}: {}", node.Describe(), message));
  };
  if (x.size() < 3 || w.size() != x.size())
    return bad(fmt::format("input {} and weight {} need the same rank, 3 or more", ShapeToString(x),
                           ShapeToString(w)));
  const int64_t groups = node.Int("group");
  if (groups < 1) return bad("group must be positive");
  if (!(x[1] == w[1] * Dim(groups)))
    return bad(fmt::format("the input has {} channels, the weight takes {}", x[1].ToString(),
                           (w[1] * Dim(groups)).ToString()));
  if (!w[0].IsConstant() || *w[0].Constant() % groups != 0)
    return bad(fmt::format("{} filters do not split into {} groups", w[0].ToString(), groups));
  std::vector<int64_t> kernel;
  for (size_t d = 2; d < w.size(); ++d) {
    if (!w[d].IsConstant()) return bad("the weight's window must be numbers");
    kernel.push_back(*w[d].Constant());
  }
  if (node.Has("kernel_shape") && node.Ints("kernel_shape") != kernel)
    return bad("kernel_shape differs from the weight");
  TRY(const auto windows, WindowsOf(node, std::span<const Dim>(x).subspan(2), kernel));
  Shape out{x[0], w[0]};
  for (size_t d = 0; d < windows.size(); ++d) {
    out.push_back(OutputSize(x[d + 2], windows[d], false));
    if (out.back().IsConstant() && *out.back().Constant() < 1)
      return bad(fmt::format("a window of {} does not fit dimension {}", kernel[d], x[d + 2].ToString()));
  }
  return out;
}

Attributes ConvolutionAttributes(const NodeView& node) {
  Attributes attributes = node.node().attributes;
  std::erase_if(attributes, [](const auto& item) { return item.first == "fused_activation"; });
  return attributes;
}

}  // namespace sinter
