// Sliding windows of convolutions and pools: attributes, output sizes, and a walk over positions.
#pragma once

#include <vector>

#include "engine/graph/contexts.h"
#include "engine/graph/operator.h"

namespace sinter {

// One spatial axis. Output = floor((input + pad_begin + pad_end - dilation (kernel - 1) - 1) / stride) + 1,
// or ceil with ceil_mode, the last window then starting inside the input or its left padding.
struct Window {
  int64_t kernel = 1;
  int64_t stride = 1;
  int64_t dilation = 1;
  int64_t pad_begin = 0;
  int64_t pad_end = 0;
};

inline constexpr FormalAttribute kAutoPad = {"auto_pad", AttributeKind::kString, false, "\"NOTSET\"",
                                             "NOTSET, VALID, SAME_UPPER or SAME_LOWER"};
inline constexpr FormalAttribute kDilations = {
    "dilations", AttributeKind::kInts, false, {}, "step inside a window; 1"};
inline constexpr FormalAttribute kPads = {
    "pads", AttributeKind::kInts, false, {}, "before each axis, then after each; 0"};
inline constexpr FormalAttribute kStrides = {
    "strides", AttributeKind::kInts, false, {}, "step between windows; 1"};
inline constexpr FormalAttribute kKernelShape = {
    "kernel_shape", AttributeKind::kInts, false, {}, "the window's size"};
inline constexpr FormalAttribute kCeilMode = {"ceil_mode", AttributeKind::kInt, false, "0",
                                              "1: a last window may stick out"};

// The windows of a node over spatial dimensions `in` (of input dims after batch and channel). SAME padding
// needs them to be numbers unless the stride is 1. `kernel`: from the weight, or the attribute.
Result<std::vector<Window>> WindowsOf(const NodeView& node, std::span<const Dim> in,
                                      std::span<const int64_t> kernel);
Result<std::vector<Window>> WindowsOf(const NodeView& node, std::span<const int64_t> in,
                                      std::span<const int64_t> kernel);

Dim OutputSize(const Dim& in, const Window& window, bool ceil_mode);
// The output's spatial dims. Errors: a window that does not fit.
Result<Dims> OutputSizes(const NodeView& node, std::span<const int64_t> in,
                         const std::vector<Window>& windows);

// Calls f(out_index, kernel_index, in_index) for every pair of output position and window element that falls
// inside the input; indexes are flat, over the spatial dims alone.
template <class F>
void ForEachWindowElement(const Dims& in, const Dims& out, const std::vector<Window>& windows, F&& f) {
  const size_t rank = windows.size();
  int64_t outs = 1, taps = 1;
  for (size_t d = 0; d < rank; ++d) {
    outs *= out[d];
    taps *= windows[d].kernel;
  }
  for (int64_t o = 0; o < outs; ++o) {
    for (int64_t k = 0; k < taps; ++k) {
      int64_t at = 0, o_rest = o, k_rest = k, stride = 1;
      bool inside = true;
      for (size_t d = rank; d-- > 0 && inside;) {
        const int64_t position = o_rest % out[d] * windows[d].stride - windows[d].pad_begin +
                                 k_rest % windows[d].kernel * windows[d].dilation;
        inside = position >= 0 && position < in[d];
        at += position * stride;
        stride *= in[d];
        o_rest /= out[d];
        k_rest /= windows[d].kernel;
      }
      if (inside) f(o, k, at);
    }
  }
}

inline Dims Spatial(const Dims& dims) { return {dims.begin() + 2, dims.end()}; }

}  // namespace sinter
