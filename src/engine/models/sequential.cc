#include "engine/models/sequential.h"

#include <algorithm>
#include <map>

#include <fmt/format.h>

#include "engine/graph/builder.h"
#include "engine/models/activation.h"
#include "engine/models/initialise.h"

namespace sinter {
namespace {

// Appends the layers to one function. The first function declares the states, the second finds them.
class LayerEmitter {
 public:
  LayerEmitter(GraphBuilder& builder, const SequentialSpec& spec, bool training)
      : b_(builder), spec_(spec), training_(training) {}

  Status Emit() {
    Shape shape{Dim::Symbol("N")};
    for (int64_t d : spec_.input_shape) shape.push_back(d);
    x_ = b_.Input("x", Type::Tensor(spec_.dtype, std::move(shape)));
    if (training_) {
      seed_ = b_.Input("seed", Type::Tensor(DType::kI64, {}));
      first_row_ = b_.Input("first_row", Type::Tensor(DType::kI64, {}));
    }
    for (index_ = 0; index_ < spec_.layers.size(); ++index_) {
      const Layer& layer = spec_.layers[index_];
      const std::string where = fmt::format("layer {} ({})", index_ + 1, LayerKindName(layer.kind));
      prefix_ = fmt::format("{}{}", LayerKindName(layer.kind), ++counts_[layer.kind]);
      if (Status status = EmitLayer(layer); !status) return std::move(status).error().In(where);
      if (!b_.ok()) return Error(b_.status().error()).In(where);
    }
    b_.Return({x_});
    return b_.status();
  }

 private:
  Status EmitLayer(const Layer& layer) {
    switch (layer.kind) {
      case LayerKind::kDense:
        return Dense(layer);
      case LayerKind::kConv2d:
        return Conv(layer);
      case LayerKind::kMaxPool:
        return Pool(layer, "MaxPool");
      case LayerKind::kAveragePool:
        return Pool(layer, "AveragePool");
      case LayerKind::kGlobalAveragePool:
        TRY_STATUS(NeedRank(3));
        x_ = b_.Op("Flatten", {b_.Op("GlobalAveragePool", {x_}, {}, prefix_)});
        return {};
      case LayerKind::kFlatten:
        x_ = b_.Op("Flatten", {x_}, {}, prefix_);
        return {};
      case LayerKind::kDropout:
        return Dropout(layer);
      case LayerKind::kBatchNorm:
        return BatchNorm(layer);
      case LayerKind::kLayerNorm:
        return LayerNorm(layer);
      case LayerKind::kActivation:
        x_ = AppendActivation(b_, layer.activation, x_);
        return {};
    }
    return {};
  }

  // Size of dimension d of one example, counted without the batch.
  int64_t Size(size_t d) const { return *b_.TypeOf(x_).shape[d + 1].Constant(); }

  Status NeedRank(size_t rank) const {
    const Shape& shape = b_.TypeOf(x_).shape;
    if (shape.size() == rank + 1) return {};
    return InvalidArgument(
        fmt::format("takes examples of rank {}, and gets {}", rank,
                    ShapeToString(Shape(shape.begin() + 1, shape.end()))),
        rank == 1 ? "put a flatten or global_avg_pool layer before it"
                  : "pictures are [channels, height, width]; give them to it before they are flattened");
  }

  // The state's value; declares it first when it is not there.
  Result<ValueId> State(std::string_view part, Dims dims, bool trainable, Result<Tensor> initial) {
    const std::string name = fmt::format("{}.{}", prefix_, part);
    if (b_.module().FindState(name) == nullptr) {
      TRY(Tensor value, std::move(initial));
      Shape shape(dims.begin(), dims.end());
      b_.module().states.push_back({name,
                                    Type::Tensor(spec_.dtype, std::move(shape)),
                                    StateScope::kShared,
                                    trainable,
                                    std::move(value),
                                    {}});
    }
    return b_.Read(name);
  }

  Result<ValueId> Filled(std::string_view part, int64_t size, double value, bool trainable = true) {
    return State(part, {size}, trainable, FilledWith(spec_.dtype, {size}, value));
  }

  Result<ValueId> Weight(const Dims& dims, int64_t fan_in, int64_t fan_out) {
    const WeightRule rule = IsRectifier(NextActivation()) ? WeightRule::kHe : WeightRule::kGlorot;
    if (b_.module().FindState(prefix_ + ".weight") != nullptr) return State("weight", dims, true, Tensor());
    return State("weight", dims, true,
                 DrawWeight(spec_.dtype, dims, rule, fan_in, fan_out, spec_.seed, b_.module().states.size()));
  }

  // This layer's activation, or that of the layer behind it, past what keeps the distribution's kind.
  Activation NextActivation() const {
    if (spec_.layers[index_].activation != Activation::kNone) return spec_.layers[index_].activation;
    for (size_t i = index_ + 1; i < spec_.layers.size(); ++i) {
      const LayerKind kind = spec_.layers[i].kind;
      if (kind == LayerKind::kActivation) return spec_.layers[i].activation;
      if (kind == LayerKind::kDense || kind == LayerKind::kConv2d) break;
    }
    return Activation::kNone;
  }

  Status Dense(const Layer& layer) {
    TRY_STATUS(NeedRank(1));
    if (layer.units < 1) return InvalidArgument("units must be at least 1");
    const int64_t in = Size(0);
    TRY(ValueId weight, Weight({in, layer.units}, in, layer.units));
    std::vector<ValueId> inputs{x_, weight};
    if (layer.bias) {
      TRY(ValueId bias, Filled("bias", layer.units, 0));
      inputs.push_back(bias);
    }
    x_ = AppendActivation(b_, layer.activation, b_.Op("Gemm", inputs, {}, prefix_));
    return {};
  }

  Attributes Windows(const Layer& layer, std::array<int64_t, 2> kernel, std::array<int64_t, 2> stride) const {
    Attributes attributes{{"kernel_shape", std::vector<int64_t>(kernel.begin(), kernel.end())},
                          {"strides", std::vector<int64_t>(stride.begin(), stride.end())}};
    if (!layer.same_padding) return attributes;
    // Numbers instead of auto_pad: every runtime reads them alike.
    std::vector<int64_t> pads(4);
    for (size_t d = 0; d < 2; ++d) {
      const int64_t out = (Size(d + 1) + stride[d] - 1) / stride[d];
      const int64_t total = std::max<int64_t>(0, (out - 1) * stride[d] + kernel[d] - Size(d + 1));
      pads[d] = total / 2;
      pads[d + 2] = total - total / 2;
    }
    attributes["pads"] = std::move(pads);
    return attributes;
  }

  static Status CheckWindow(const std::array<int64_t, 2>& kernel, const std::array<int64_t, 2>& stride) {
    for (int64_t n : {kernel[0], kernel[1], stride[0], stride[1]}) {
      if (n < 1 || n > 65536) return InvalidArgument("kernel and stride must be from 1 to 65,536");
    }
    return {};
  }

  Status Conv(const Layer& layer) {
    TRY_STATUS(NeedRank(3));
    if (layer.units < 1) return InvalidArgument("filters must be at least 1");
    const auto kernel = layer.kernel.value_or(std::array<int64_t, 2>{3, 3});
    const auto stride = layer.stride.value_or(std::array<int64_t, 2>{1, 1});
    TRY_STATUS(CheckWindow(kernel, stride));
    const int64_t area = kernel[0] * kernel[1], channels = Size(0);
    TRY(ValueId weight,
        Weight({layer.units, channels, kernel[0], kernel[1]}, channels * area, layer.units * area));
    std::vector<ValueId> inputs{x_, weight};
    if (layer.bias) {
      TRY(ValueId bias, Filled("bias", layer.units, 0));
      inputs.push_back(bias);
    }
    const ValueId y = b_.Op("Conv", inputs, Windows(layer, kernel, stride), prefix_);
    x_ = AppendActivation(b_, layer.activation, y);
    return {};
  }

  Status Pool(const Layer& layer, std::string_view op) {
    TRY_STATUS(NeedRank(3));
    const auto kernel = layer.kernel.value_or(std::array<int64_t, 2>{2, 2});
    const auto stride = layer.stride.value_or(kernel);
    TRY_STATUS(CheckWindow(kernel, stride));
    x_ = b_.Op(op, {x_}, Windows(layer, kernel, stride), prefix_);
    return {};
  }

  Status Dropout(const Layer& layer) {
    if (!(layer.rate >= 0 && layer.rate < 1)) return InvalidArgument("rate must be in [0, 1)");
    if (training_ && layer.rate > 0) {
      x_ = b_.Op("sinter.SeededDropout", {x_, seed_, first_row_},
                 {{"ratio", layer.rate}, {"stream", static_cast<int64_t>(index_)}}, prefix_);
    }
    return {};
  }

  Status BatchNorm(const Layer& layer) {
    const int64_t channels = Size(0);
    TRY(ValueId scale, Filled("scale", channels, 1));
    TRY(ValueId shift, Filled("shift", channels, 0));
    TRY(ValueId mean, Filled("running_mean", channels, 0, false));
    TRY(ValueId variance, Filled("running_var", channels, 1, false));
    Attributes attributes{{"epsilon", layer.epsilon}, {"momentum", layer.momentum}};
    if (training_) attributes["training_mode"] = int64_t{1};
    const std::vector<ValueId> inputs{x_, scale, shift, mean, variance};
    const std::vector<ValueId> outputs =
        b_.Ops("BatchNormalization", inputs, training_ ? 3 : 1, std::move(attributes), prefix_);
    x_ = outputs[0];
    if (training_) {
      b_.Update(prefix_ + ".running_mean", outputs[1]);
      b_.Update(prefix_ + ".running_var", outputs[2]);
    }
    return {};
  }

  Status LayerNorm(const Layer& layer) {
    const int64_t size = Size(b_.TypeOf(x_).Rank() - 2);
    TRY(ValueId scale, Filled("scale", size, 1));
    TRY(ValueId shift, Filled("shift", size, 0));
    x_ = b_.Op("LayerNormalization", {x_, scale, shift}, {{"epsilon", layer.epsilon}}, prefix_);
    return {};
  }

  GraphBuilder& b_;
  const SequentialSpec& spec_;
  const bool training_;
  ValueId x_ = kNoValue, seed_ = kNoValue, first_row_ = kNoValue;
  size_t index_ = 0;
  std::string prefix_;
  std::map<LayerKind, int> counts_;
};

}  // namespace

Result<Module> BuildSequential(const SequentialSpec& spec, const OperatorCatalog& catalog) {
  if (spec.dtype != DType::kF32 && spec.dtype != DType::kF64)
    return InvalidArgument(fmt::format("a model of {} cannot be built", DTypeName(spec.dtype)),
                           "choose f32 or f64");
  if (spec.layers.empty()) return InvalidArgument("a model needs at least one layer");
  if (spec.input_shape.empty()) return InvalidArgument("an example needs at least one dimension");
  TRY_STATUS(CountElements(spec.input_shape));
  Module module;
  module.name = spec.name;
  module.symbols["N"] = SymbolBound{1, spec.max_batch};
  for (const std::string_view name : {kForward, kForwardTraining}) {
    Function& function = module.functions.emplace_back();
    function.name = name;
    GraphBuilder builder(module, function, catalog);
    TRY_STATUS(LayerEmitter(builder, spec, name == kForwardTraining).Emit());
  }
  return module;
}

}  // namespace sinter
