#include "engine/ops/support/window.h"

#include <algorithm>

#include <fmt/format.h>

namespace sinter {
namespace {

// Of kernels, strides, dilations and pads, and of a dimension that they slide over: no model has more, and
// their products stay below 2^63.
constexpr int64_t kMostStep = int64_t{1} << 30;
constexpr int64_t kMostSize = int64_t{1} << 40;

Error Bad(const NodeView& node, std::string message) {
  return InvalidArgument(fmt::format("{}: {}", node.Describe(), message));
}

// Total padding so that the output is ceil(in / stride).
int64_t SamePadding(int64_t in, const Window& w) {
  const int64_t out = (in + w.stride - 1) / w.stride;
  return std::max<int64_t>(0, (out - 1) * w.stride + w.dilation * (w.kernel - 1) + 1 - in);
}

}  // namespace

Result<std::vector<Window>> WindowsOf(const NodeView& node, std::span<const Dim> in,
                                      std::span<const int64_t> kernel) {
  const size_t rank = in.size();
  const auto strides = node.Ints("strides"), dilations = node.Ints("dilations"), pads = node.Ints("pads");
  const std::string auto_pad = node.String("auto_pad");
  if (kernel.size() != rank)
    return Bad(node,
               fmt::format("kernel_shape has {} entries for {} spatial dimensions", kernel.size(), rank));
  if ((!strides.empty() && strides.size() != rank) || (!dilations.empty() && dilations.size() != rank) ||
      (!pads.empty() && pads.size() != 2 * rank)) {
    return Bad(node, "strides, dilations or pads do not fit the number of spatial dimensions");
  }
  std::vector<Window> windows(rank);
  for (size_t d = 0; d < rank; ++d) {
    Window& w = windows[d];
    w.kernel = kernel[d];
    if (!strides.empty()) w.stride = strides[d];
    if (!dilations.empty()) w.dilation = dilations[d];
    if (w.kernel < 1 || w.stride < 1 || w.dilation < 1)
      return Bad(node, "kernel, strides and dilations must be positive");
    if (std::max({w.kernel, w.stride, w.dilation}) > kMostStep ||
        (in[d].IsConstant() && *in[d].Constant() > kMostSize))
      return Bad(node, fmt::format("a window or a dimension {} that no memory holds", d));
    if (auto_pad == "NOTSET" || auto_pad.empty()) {
      if (!pads.empty()) {
        w.pad_begin = pads[d];
        w.pad_end = pads[d + rank];
      }
      if (w.pad_begin < 0 || w.pad_end < 0) return Bad(node, "negative pads");
      if (std::max(w.pad_begin, w.pad_end) > kMostSize) return Bad(node, "pads that no memory holds");
    } else if (auto_pad != "VALID") {
      if (auto_pad != "SAME_UPPER" && auto_pad != "SAME_LOWER")
        return Bad(node, fmt::format("unknown auto_pad '{}'", auto_pad));
      if (!in[d].IsConstant() && w.stride != 1)
        return Bad(node, fmt::format("{} needs the size {} to be a number", auto_pad, in[d].ToString()));
      const int64_t total = SamePadding(in[d].IsConstant() ? *in[d].Constant() : int64_t{1} << 30, w);
      w.pad_begin = auto_pad == "SAME_UPPER" ? total / 2 : total - total / 2;
      w.pad_end = total - w.pad_begin;
    }
  }
  return windows;
}

Result<std::vector<Window>> WindowsOf(const NodeView& node, std::span<const int64_t> in,
                                      std::span<const int64_t> kernel) {
  const std::vector<Dim> dims(in.begin(), in.end());
  return WindowsOf(node, std::span<const Dim>(dims), kernel);
}

Dim OutputSize(const Dim& in, const Window& w, bool ceil_mode) {
  const Dim span = in + Dim(w.pad_begin + w.pad_end - w.dilation * (w.kernel - 1) - 1);
  if (!ceil_mode) return FloorDiv(span, w.stride) + 1;
  Dim out = CeilDiv(span, w.stride) + 1;
  // The last window must start inside the input or its left padding.
  if (out.IsConstant() && in.IsConstant() && (*out.Constant() - 1) * w.stride >= *in.Constant() + w.pad_begin)
    return out - 1;
  return out;
}

Result<Dims> OutputSizes(const NodeView& node, std::span<const int64_t> in,
                         const std::vector<Window>& windows) {
  Dims out;
  for (size_t d = 0; d < windows.size(); ++d) {
    out.push_back(*OutputSize(in[d], windows[d], node.Int("ceil_mode") != 0).Constant());
    if (out.back() < 1)
      return Bad(node,
                 fmt::format("a window of {} does not fit dimension {} of {}", windows[d].kernel, d, in[d]));
  }
  return out;
}

}  // namespace sinter
