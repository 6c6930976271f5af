// A tensor and what it is called.
#pragma once

#include <string>

#include "engine/tensor/tensor.h"

namespace sinter {

struct NamedTensor {
  std::string name;
  Tensor tensor;
};

}  // namespace sinter
