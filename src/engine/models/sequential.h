// Models made of layers in a row, as recipes write them.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "engine/graph/module.h"
#include "engine/graph/operator.h"

namespace sinter {

enum class LayerKind : uint8_t {
  kDense,
  kConv2d,
  kMaxPool,
  kAveragePool,
  kGlobalAveragePool,
  kFlatten,
  kDropout,
  kBatchNorm,
  kLayerNorm,
  kActivation
};
std::string_view LayerKindName(LayerKind kind);  // "dense", "conv2d", "max_pool", "avg_pool", ...
std::optional<LayerKind> ParseLayerKind(std::string_view name);

enum class Activation : uint8_t { kNone, kRelu, kLeakyRelu, kElu, kGelu, kSilu, kSigmoid, kTanh, kSoftplus };
std::string_view ActivationName(Activation activation);  // "none", "relu", "leaky_relu", ...
std::optional<Activation> ParseActivation(std::string_view name);

// Only the fields of its kind mean anything.
struct Layer {
  LayerKind kind = LayerKind::kDense;
  int64_t units = 0;                                  // dense: outputs; conv2d: filters
  std::optional<std::array<int64_t, 2>> kernel = {};  // conv2d: 3x3 when absent; pools: 2x2
  std::optional<std::array<int64_t, 2>> stride = {};  // conv2d: 1x1 when absent; pools: the kernel
  bool same_padding = false;  // conv2d, pools: output is ceil(input / stride); else no padding
  bool bias = true;           // dense, conv2d
  Activation activation = Activation::kNone;  // dense, conv2d, activation
  double rate = 0.5;                          // dropout: the probability of zero
  double momentum = 0.9;                      // batch_norm: share of the old running statistics
  double epsilon = 1e-5;                      // batch_norm, layer_norm
};

struct SequentialSpec {
  std::string name = "model";
  DType dtype = DType::kF32;         // f32 or f64
  std::vector<int64_t> input_shape;  // of one example: [784], or channels first [1,28,28]
  std::vector<Layer> layers;
  uint64_t seed = 0;
  int64_t max_batch = 65536;  // the bound of the batch's symbol
};

inline constexpr std::string_view kForward = "forward";
inline constexpr std::string_view kForwardTraining = "forward_training";

// A module with
//   @forward(%x: T[N, input_shape...]) -> T[N, ...], for inference;
//   @forward_training(%x, %seed: i64[], %first_row: i64[]), the same with dropout (drawn for the global rows
//     from first_row on) and with batch statistics, whose running values it updates.
// States are named "conv1.weight", "dense2.bias", "batch_norm1.running_mean". Weights are drawn by He's rule
// (normal, variance 2 / fan_in; arXiv:1502.01852) where a rectifier follows, else by Glorot's (uniform, +-
// sqrt(6 / (fan_in + fan_out)); AISTATS 2010), each element from (seed, index of the state, index of the
// element) alone. Errors name the layer: "layer 3 (dense): ...".
Result<Module> BuildSequential(const SequentialSpec& spec, const OperatorCatalog& catalog);

}  // namespace sinter
