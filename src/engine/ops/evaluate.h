// A page's reference function, run on values: what constant folding, interpreters and tests share.
#pragma once

#include <span>
#include <vector>

#include "base/result.h"
#include "engine/graph/contexts.h"
#include "engine/graph/operator.h"
#include "engine/tensor/value.h"

namespace sinter {

// Inputs by position (null: absent); outputs in memory of their own. A node that stands alone: it has no
// regions, no group of ranks and nobody who cancels it; interpreters derive from this and give them.
class EvaluationContext : public ReferenceContext {
 public:
  EvaluationContext(const Node& node, const Operator& page, std::span<const Value* const> inputs)
      : ReferenceContext(node, page), inputs_(inputs), outputs_(node.outputs.size()) {}

  size_t InputCount() const override { return inputs_.size(); }
  bool HasInput(size_t i) const override { return i < inputs_.size() && inputs_[i] != nullptr; }
  const Value& InputValue(size_t i) const override { return *inputs_[i]; }
  size_t OutputCount() const override { return outputs_.size(); }
  bool WantsOutput(size_t i) const override { return i < outputs_.size() && node().outputs[i] != kNoValue; }
  Result<Tensor> Output(size_t i, DType dtype, Dims dims) override;
  void SetOutput(size_t i, Value value) override;
  Result<std::vector<Value>> RunRegion(size_t region, std::span<const Value> arguments) override;
  Communicator* communicator() const override { return nullptr; }

  std::vector<Value>& outputs() { return outputs_; }

 private:
  std::span<const Value* const> inputs_;
  std::vector<Value> outputs_;
};

// One node on its own. Errors: the page's; kInternal for a node with regions.
Result<std::vector<Value>> EvaluateNode(const Node& node, const Operator& page,
                                        std::span<const Value* const> inputs);

}  // namespace sinter
