// What pools and their gradients share.
#pragma once

#include "engine/ops/support/elementwise.h"
#include "engine/ops/support/shapes.h"
#include "engine/ops/support/window.h"

namespace sinter {

struct Pooling {
  int64_t planes = 0;  // batch times channels
  Dims in, out, dims;  // spatial; spatial; the whole output
  std::vector<Window> windows;
  int64_t ins = 1, outs = 1;
};

Result<Pooling> PoolingOf(const NodeView& node, const Dims& x);
Result<Shape> PoolingShape(const NodeView& node, const Shape& x);
// How many elements each window averages over: all of its taps with count_include_pad, else those inside.
std::vector<int64_t> PoolingCounts(const NodeView& node, const Pooling& pooling);

}  // namespace sinter
