// One axis of a Slice.
#pragma once

#include <algorithm>
#include <cstdint>

namespace sinter {

// Elements start, start + step, ... of a dimension of known length, as ONNX clamps them.
struct Cut {
  int64_t start = 0;
  int64_t step = 1;
  int64_t length = 0;
};

inline Cut ClampCut(int64_t whole, int64_t start, int64_t end, int64_t step) {
  auto wrap = [&](int64_t x) { return x < 0 ? x + whole : x; };
  // Ends of an empty dimension are in no order.
  auto within = [](int64_t x, int64_t lo, int64_t hi) { return std::max(lo, std::min(x, hi)); };
  const int64_t s = step > 0 ? within(wrap(start), 0, whole) : within(wrap(start), 0, whole - 1);
  const int64_t e = step > 0 ? within(end < -whole ? 0 : wrap(end), 0, whole)
                             : within(end < -whole ? -1 : wrap(end), -1, whole - 1);
  const int64_t span = step > 0 ? e - s : s - e;
  if (whole == 0 || span <= 0) return {s, step > 0 ? 1 : -1, 0};
  // The least number has no positive twin; a step past the end is as good as one to it.
  const int64_t stride = step > 0 ? std::min(step, span) : -std::max(step, -span);
  return {s, step > 0 ? stride : -stride, (span - 1) / stride + 1};
}

}  // namespace sinter
