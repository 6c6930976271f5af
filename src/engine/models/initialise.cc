#include "engine/models/initialise.h"

#include <algorithm>
#include <cmath>

#include "base/random.h"

namespace sinter {
namespace {
constexpr DTypeSet kTrained{DType::kF32, DType::kF64};
}  // namespace

Result<Tensor> DrawWeight(DType dtype, Dims dims, WeightRule rule, int64_t fan_in, int64_t fan_out,
                          uint64_t seed, uint64_t state_index) {
  TRY(Tensor weight, Tensor::Create(dtype, std::move(dims)));
  const double deviation = std::sqrt(2.0 / static_cast<double>(fan_in));
  const double limit = std::sqrt(6.0 / static_cast<double>(fan_in + fan_out));
  DispatchIn<kTrained>(dtype, [&]<class T>() {
    uint64_t i = 0;
    for (T& element : weight.mutable_data<T>()) {
      element =
          static_cast<T>(rule == WeightRule::kHe ? deviation * RandomNormal(seed, state_index, i)
                                                 : limit * (2 * RandomUniform(seed, state_index, i) - 1));
      ++i;
    }
  });
  return weight;
}

Result<Tensor> FilledWith(DType dtype, Dims dims, double value) {
  TRY(Tensor tensor, Tensor::Create(dtype, std::move(dims)));
  DispatchIn<kTrained>(
      dtype, [&]<class T>() { std::ranges::fill(tensor.mutable_data<T>(), static_cast<T>(value)); });
  return tensor;
}

}  // namespace sinter
