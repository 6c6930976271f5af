#include "engine/ops/support/broadcast.h"

#include <algorithm>

#include <fmt/format.h>

namespace sinter {

Result<Shape> BroadcastShapes(const Shape& a, const Shape& b) {
  Shape out(std::max(a.size(), b.size()));
  for (size_t i = 0; i < out.size(); ++i) {  // from the last dimension
    const Dim x = i < a.size() ? a[a.size() - 1 - i] : Dim(1);
    const Dim y = i < b.size() ? b[b.size() - 1 - i] : Dim(1);
    Dim& result = out[out.size() - 1 - i];
    if (x == y || y == Dim(1))
      result = x;
    else if (x == Dim(1))
      result = y;
    else {
      return InvalidArgument(fmt::format("shapes {} and {} do not broadcast: {} against {}", ShapeToString(a),
                                         ShapeToString(b), x.ToString(), y.ToString()));
    }
  }
  return out;
}

Result<Dims> BroadcastDims(std::span<const int64_t> a, std::span<const int64_t> b) {
  Dims out(std::max(a.size(), b.size()));
  for (size_t i = 0; i < out.size(); ++i) {
    const int64_t x = i < a.size() ? a[a.size() - 1 - i] : 1;
    const int64_t y = i < b.size() ? b[b.size() - 1 - i] : 1;
    if (x != y && x != 1 && y != 1) {
      return InvalidArgument(
          fmt::format("shapes {} and {} do not broadcast", DimsToString(a), DimsToString(b)));
    }
    out[out.size() - 1 - i] = x == 1 ? y : x;
  }
  return out;
}

}  // namespace sinter
