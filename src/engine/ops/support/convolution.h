// What Conv and its two gradients share: all three are sums over the same triples of input, weight and
// output.
#pragma once

#include "engine/ops/support/elementwise.h"
#include "engine/ops/support/shapes.h"
#include "engine/ops/support/window.h"

namespace sinter {

// Sizes of a convolution of x [n, groups cg, in...] with w [groups mg, cg, kernel...].
struct Convolution {
  int64_t n = 0, groups = 1, cg = 0, mg = 0;
  Dims in, out;
  std::vector<Window> windows;
  int64_t ins = 1, outs = 1, taps = 1;
};

inline constexpr FormalAttribute kConvolutionAttributes[] = {
    kAutoPad,
    kDilations,
    {"group", AttributeKind::kInt, false, "1", "channels are split into this many groups"},
    kKernelShape,
    kPads,
    kStrides};

Result<Convolution> ConvolutionOf(const NodeView& node, const Dims& x, const Dims& w);
// The type of y from those of x and w. Errors name what does not fit.
Result<Shape> ConvolutionShape(const NodeView& node, const Shape& x, const Shape& w);
// The node's attributes, for its gradients.
Attributes ConvolutionAttributes(const NodeView& node);

// Calls f(x index, w index, y index), flat, for every product of the sum.
template <class F>
void ForEachProduct(const Convolution& c, F&& f) {
  ForEachWindowElement(c.in, c.out, c.windows, [&](int64_t o, int64_t k, int64_t i) {
    for (int64_t n = 0; n < c.n; ++n) {
      for (int64_t m = 0; m < c.groups * c.mg; ++m) {
        const int64_t g = m / c.mg;
        for (int64_t ch = 0; ch < c.cg; ++ch) {
          f(((n * c.groups + g) * c.cg + ch) * c.ins + i, (m * c.cg + ch) * c.taps + k,
            (n * c.groups * c.mg + m) * c.outs + o);
        }
      }
    }
  });
}

// sums[z] += a[..] b[..] over all products, where the roles of a, b and z are 0: x, 1: w, 2: y.
template <class T>
std::vector<Wide<T>> SumProducts(const Convolution& c, const Tensor& a, int a_role, const Tensor& b,
                                 int b_role, int64_t size) {
  std::vector<Wide<T>> sums(static_cast<size_t>(size), Wide<T>(0));
  const int z_role = 3 - a_role - b_role;
  const auto p = a.data<T>();
  const auto q = b.data<T>();
  ForEachProduct(c, [&](int64_t x, int64_t w, int64_t y) {
    const int64_t index[3] = {x, w, y};
    sums[static_cast<size_t>(index[z_role])] +=
        Widen(p[static_cast<size_t>(index[a_role])]) * Widen(q[static_cast<size_t>(index[b_role])]);
  });
  return sums;
}

}  // namespace sinter
