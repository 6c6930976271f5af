// First values of weights.
#pragma once

#include <cstdint>

#include "base/result.h"
#include "engine/tensor/tensor.h"

namespace sinter {

enum class WeightRule : uint8_t { kHe, kGlorot };

// Draws a weight of `dims` (f32 or f64): element i is a function of (seed, state_index, i) alone.
Result<Tensor> DrawWeight(DType dtype, Dims dims, WeightRule rule, int64_t fan_in, int64_t fan_out,
                          uint64_t seed, uint64_t state_index);
Result<Tensor> FilledWith(DType dtype, Dims dims, double value);

}  // namespace sinter
