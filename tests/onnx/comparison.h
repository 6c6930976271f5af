// Is a tensor what it should be? The measure of everything that is compared with ONNX's files.
#pragma once

#include <string>

#include "engine/tensor/tensor.h"

namespace sinter {

// Empty when it is: dtype and dims the same; integers, bools and strings the same; of floats the same NaN and
// infinities, and max|a-b| <= tolerance max|b|, where the tolerance is 1e-4 (f16: 2e-3, bf16: 2e-2: their
// epsilons, twice). Else what differs, in words.
std::string Difference(const Tensor& given, const Tensor& expected);

}  // namespace sinter
