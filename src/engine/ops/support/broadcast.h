// Broadcasting as NumPy and ONNX do it: shapes aligned at their last dimension, ones stretched.
#pragma once

#include <array>
#include <cstdint>
#include <span>

#include "engine/graph/contexts.h"

namespace sinter {

// Errors name the two dimensions that do not agree.
Result<Shape> BroadcastShapes(const Shape& a, const Shape& b);
Result<Dims> BroadcastDims(std::span<const int64_t> a, std::span<const int64_t> b);

// Walks the elements of `out` in order and tells, for each of K inputs, which element stands there.
template <size_t K>
class BroadcastWalk {
 public:
  BroadcastWalk(const Dims& out, const std::array<const Dims*, K>& inputs)
      : out_(out), index_(out.size(), 0) {
    for (size_t k = 0; k < K; ++k) {
      strides_[k].assign(out.size(), 0);
      const Dims& dims = *inputs[k];
      int64_t stride = 1;
      for (size_t i = dims.size(); i-- > 0;) {
        const size_t axis = out.size() - dims.size() + i;
        if (dims[i] != 1) strides_[k][axis] = stride;
        stride *= dims[i];
      }
    }
  }
  int64_t at(size_t k) const { return offsets_[k]; }
  void Next() {
    for (size_t axis = out_.size(); axis-- > 0;) {
      ++index_[axis];
      for (size_t k = 0; k < K; ++k) offsets_[k] += strides_[k][axis];
      if (index_[axis] < out_[axis]) return;
      for (size_t k = 0; k < K; ++k) offsets_[k] -= strides_[k][axis] * out_[axis];
      index_[axis] = 0;
    }
  }

 private:
  Dims out_;
  Dims index_;
  std::array<Dims, K> strides_;
  std::array<int64_t, K> offsets_{};
};

}  // namespace sinter
