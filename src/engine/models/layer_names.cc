#include <algorithm>
#include <utility>

#include "engine/models/sequential.h"

namespace sinter {
namespace {

constexpr std::pair<LayerKind, std::string_view> kLayers[] = {
    {LayerKind::kDense, "dense"},
    {LayerKind::kConv2d, "conv2d"},
    {LayerKind::kMaxPool, "max_pool"},
    {LayerKind::kAveragePool, "avg_pool"},
    {LayerKind::kGlobalAveragePool, "global_avg_pool"},
    {LayerKind::kFlatten, "flatten"},
    {LayerKind::kDropout, "dropout"},
    {LayerKind::kBatchNorm, "batch_norm"},
    {LayerKind::kLayerNorm, "layer_norm"},
    {LayerKind::kActivation, "activation"}};

constexpr std::pair<Activation, std::string_view> kActivations[] = {
    {Activation::kNone, "none"},       {Activation::kRelu, "relu"}, {Activation::kLeakyRelu, "leaky_relu"},
    {Activation::kElu, "elu"},         {Activation::kGelu, "gelu"}, {Activation::kSilu, "silu"},
    {Activation::kSigmoid, "sigmoid"}, {Activation::kTanh, "tanh"}, {Activation::kSoftplus, "softplus"}};

template <class T, size_t N>
std::string_view NameIn(const std::pair<T, std::string_view> (&table)[N], T value) {
  return std::ranges::find(table, value, &std::pair<T, std::string_view>::first)->second;
}

template <class T, size_t N>
std::optional<T> ValueIn(const std::pair<T, std::string_view> (&table)[N], std::string_view name) {
  const auto* found = std::ranges::find(table, name, &std::pair<T, std::string_view>::second);
  return found == std::end(table) ? std::nullopt : std::optional(found->first);
}

}  // namespace

std::string_view LayerKindName(LayerKind kind) { return NameIn(kLayers, kind); }
std::optional<LayerKind> ParseLayerKind(std::string_view name) { return ValueIn(kLayers, name); }
std::string_view ActivationName(Activation activation) { return NameIn(kActivations, activation); }
std::optional<Activation> ParseActivation(std::string_view name) { return ValueIn(kActivations, name); }

}  // namespace sinter
