// What QuantizeLinear and DequantizeLinear share: which scale belongs to which element.
#pragma once

#include "engine/graph/contexts.h"
#include "engine/graph/operator.h"

namespace sinter {

inline constexpr DTypeSet kQuantised{DType::kI8, DType::kU8, DType::kI16, DType::kU16, DType::kI32};

// One scale for all (rank 0 or one element), one for each index of `axis` (rank 1), or one for each
// block_size elements along `axis` (the scale has the input's rank). Zero points have the scale's shape.
Status CheckScales(InferContext& c);

class ScaleIndex {
 public:
  static Result<ScaleIndex> Create(const ReferenceContext& c);
  // Which scale belongs to element i of the input.
  size_t operator()(int64_t i) const {
    const int64_t along = i / inner_ % length_;
    if (block_ == 0) return static_cast<size_t>(scales_ == 1 ? 0 : along);
    const int64_t outer = i / inner_ / length_;
    return static_cast<size_t>((outer * blocks_ + along / block_) * inner_ + i % inner_);
  }

 private:
  int64_t scales_ = 1, inner_ = 1, length_ = 1, block_ = 0, blocks_ = 1;
};

}  // namespace sinter
