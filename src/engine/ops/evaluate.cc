#include "engine/ops/evaluate.h"

namespace sinter {

Result<Tensor> EvaluationContext::Output(size_t i, DType dtype, Dims dims) {
  TRY(Tensor tensor, Tensor::Create(dtype, std::move(dims)));
  if (i < outputs_.size()) outputs_[i] = tensor;
  return tensor;
}

void EvaluationContext::SetOutput(size_t i, Value value) {
  if (i < outputs_.size()) outputs_[i] = std::move(value);
}

Result<std::vector<Value>> EvaluationContext::RunRegion(size_t, std::span<const Value>) {
  return Internal(Describe() + ": a region outside a function");
}

Result<std::vector<Value>> EvaluateNode(const Node& node, const Operator& page,
                                        std::span<const Value* const> inputs) {
  EvaluationContext context(node, page, inputs);
  TRY_STATUS(page.reference.value(context));
  return std::move(context.outputs());
}

}  // namespace sinter
