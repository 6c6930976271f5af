// BatchNormalization by known statistics after a convolution with known weights is another convolution:
//   s = scale / sqrt(variance + epsilon),  W' = W s,  b' = (b - mean) s + B      (s by output channel)
// Computed in double and rounded once.
#include <cmath>

#include "engine/graph/infer.h"
#include "engine/passes/pass.h"
#include "engine/passes/rewrite.h"

namespace sinter {
namespace {

struct Statistics {
  Tensor scale, shift, mean, variance;
  double epsilon = 0;
};

template <class T>
void Scale(const Tensor& weights, const Tensor* bias, const Statistics& by, Tensor& new_weights,
           Tensor& new_bias) {
  const size_t channels = static_cast<size_t>(weights.dims()[0]);
  const size_t area = channels == 0 ? 0 : static_cast<size_t>(weights.elements()) / channels;
  for (size_t c = 0; c < channels; ++c) {
    const auto at = [&](const Tensor& t) { return t.AsDouble(static_cast<int64_t>(c)); };
    const double s = at(by.scale) / std::sqrt(at(by.variance) + by.epsilon);
    const double b = bias == nullptr ? 0 : at(*bias);
    new_bias.mutable_data<T>()[c] = static_cast<T>((b - at(by.mean)) * s + at(by.shift));
    for (size_t i = c * area; i < (c + 1) * area; ++i)
      new_weights.mutable_data<T>()[i] = static_cast<T>(static_cast<double>(weights.data<T>()[i]) * s);
  }
}

class Folder {
 public:
  Folder(PassContext& context, InferenceState& facts)
      : function_(context.function), catalog_(context.catalog), facts_(facts), uses_(context.function) {}

  Result<int> Run() {
    Status status;
    ForEachRegion(function_.body, [&](Region& region) {
      if (status) status = InRegion(region);
    });
    TRY_STATUS(status);
    return changes_;
  }

 private:
  Status InRegion(Region& region) {
    std::vector<Node> nodes = std::move(region.nodes);
    region.nodes.clear();
    std::unordered_map<ValueId, size_t> convolutions;  // output -> index into region.nodes
    for (Node& node : nodes) {
      const auto before =
          node.op == "BatchNormalization" ? convolutions.find(node.inputs[0]) : convolutions.end();
      if (before != convolutions.end()) {
        TRY(const bool folded, Fold(node, region.nodes[before->second], region));
        if (folded) {
          convolutions[region.nodes.back().outputs[0]] = region.nodes.size() - 1;
          continue;
        }
      }
      if (node.op == "Conv") convolutions[node.outputs[0]] = region.nodes.size();
      region.nodes.push_back(std::move(node));
    }
    return {};
  }

  const Tensor* Known(const Node& node, size_t i) {
    if (i >= node.inputs.size() || node.inputs[i] == kNoValue) return nullptr;
    const Tensor& constant = facts_.At(node.inputs[i]).constant;
    return constant.defined() ? &constant : nullptr;
  }

  // Appends the convolution that does both, and turns the old one into nothing (its output is read by `norm`
  // alone, and dead_code removes it).
  Result<bool> Fold(const Node& norm, const Node& convolution, Region& region) {
    const NodeView view(norm, *catalog_.Find(norm.op));
    const bool has_bias = convolution.inputs.size() > 2 && convolution.inputs[2] != kNoValue;
    const Tensor *weights = Known(convolution, 1), *bias = has_bias ? Known(convolution, 2) : nullptr;
    if (view.Int("training_mode") != 0 || norm.outputs.size() > 1 || uses_.of(norm.inputs[0]) != 1 ||
        weights == nullptr || (has_bias && bias == nullptr))
      return false;
    Statistics by;
    for (size_t i = 1; i < 5; ++i) {
      if (Known(norm, i) == nullptr) return false;
    }
    by = {*Known(norm, 1), *Known(norm, 2), *Known(norm, 3), *Known(norm, 4), view.Float("epsilon")};
    if (weights->dtype() != DType::kF32 && weights->dtype() != DType::kF64) return false;
    TRY(Tensor new_weights, Tensor::Create(weights->dtype(), weights->dims()));
    TRY(Tensor new_bias, Tensor::Create(weights->dtype(), {weights->dims()[0]}));
    if (weights->dtype() == DType::kF32)
      Scale<float>(*weights, bias, by, new_weights, new_bias);
    else
      Scale<double>(*weights, bias, by, new_weights, new_bias);
    Node both = convolution;  // a copy: appending constants moves the nodes
    both.inputs.resize(3, kNoValue);
    both.inputs[1] = AddConstant(region, both.inputs[1], std::move(new_weights));
    both.inputs[2] = AddConstant(region, norm.inputs[2], std::move(new_bias));
    both.outputs = norm.outputs;
    region.nodes.push_back(std::move(both));
    ++changes_;
    return true;
  }

  ValueId AddConstant(Region& region, ValueId like, Tensor value) {
    const ValueId id = function_.AddValue(function_.values[static_cast<size_t>(like)].name, value.type());
    facts_.At(id) = {value.type(), std::nullopt, value};
    region.nodes.push_back(MakeConstant(id, std::move(value)));
    return id;
  }

  Function& function_;
  const OperatorCatalog& catalog_;
  InferenceState& facts_;
  const UseCounts uses_;
  int changes_ = 0;
};

Result<int> Run(PassContext& context) {
  TRY(InferenceState facts, InferFunctionTypes(context.module, context.function, context.catalog));
  return Folder(context, facts).Run();
}

}  // namespace

const Pass kFoldBatchNormPass{
    "fold_batch_norm", "Statistics of a BatchNormalization become weights of the convolution before.", &Run};

}  // namespace sinter
