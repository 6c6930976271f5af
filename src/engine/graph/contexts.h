// What the functions of an operator's page are given.
#pragma once

#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "engine/graph/module.h"
#include "engine/tensor/value.h"

namespace sinter {

class GraphBuilder;
class Communicator;
struct Operator;

// A node with its page: reads attributes with the page's defaults.
class NodeView {
 public:
  NodeView(const Node& node, const Operator& page) : node_(node), page_(page) {}
  const Node& node() const { return node_; }
  const Operator& page() const { return page_; }
  // "Conv 'layer1'" or "Conv %y"; for messages.
  std::string Describe() const;
  bool Has(std::string_view attribute) const;  // given on the node itself
  // The node's attribute, else the page's default. A missing one without default reads as 0, "", {}.
  // Kinds are checked by the verifier before anything else runs.
  int64_t Int(std::string_view attribute) const;
  double Float(std::string_view attribute) const;
  std::string String(std::string_view attribute) const;
  std::vector<int64_t> Ints(std::string_view attribute) const;
  std::vector<double> Floats(std::string_view attribute) const;
  const Tensor* TensorAttribute(std::string_view attribute) const;  // null when absent
  DType DTypeAttribute(std::string_view attribute, DType otherwise = DType::kUndefined) const;
  // `axis` in [-rank, rank) as a non-negative index. Errors: out of range.
  Result<int64_t> Axis(std::string_view attribute, size_t rank) const;

 private:
  const Node& node_;
  const Operator& page_;
};

// What is known of a value before anything runs.
struct ValueFacts {
  Type type;
  // The elements of a small integer tensor (rank 0 or 1, at most 64), as dimensions: shape arithmetic.
  std::optional<std::vector<Dim>> contents;
  // The value, when it is a constant of the graph (shares its bytes); else not defined.
  Tensor constant;
};

class InferContext : public NodeView {
 public:
  InferContext(const Node& node, const Operator& page, Module& module,
               std::span<const ValueFacts* const> inputs, size_t outputs)
      : NodeView(node, page), module_(module), inputs_(inputs), outputs_(outputs) {}

  size_t InputCount() const { return inputs_.size(); }
  bool HasInput(size_t i) const { return i < inputs_.size() && inputs_[i] != nullptr; }
  const ValueFacts& Input(size_t i) const { return *inputs_[i]; }
  const Type& InputType(size_t i) const { return inputs_[i]->type; }
  const Shape& InputShape(size_t i) const { return inputs_[i]->type.shape; }
  DType InputDType(size_t i) const { return inputs_[i]->type.dtype; }
  size_t OutputCount() const { return outputs_.size(); }

  // Outputs that the node does not list are passed over.
  void SetOutput(size_t i, Type type) {
    if (i < outputs_.size()) outputs_[i].type = std::move(type);
  }
  void SetOutput(size_t i, DType dtype, Shape shape) { SetOutput(i, Type::Tensor(dtype, std::move(shape))); }
  void SetContents(size_t i, std::vector<Dim> contents) {
    if (i < outputs_.size()) outputs_[i].contents = std::move(contents);
  }
  std::vector<ValueFacts>& outputs() { return outputs_; }

  // A dimension that is born at this node, with its bound. The symbol that the node's output already
  // carries (from the text, or an earlier inference) is kept, so that inference repeats itself.
  Dim BornSymbol(size_t output, size_t axis, std::string_view hint, SymbolBound bound);
  void SetPreviousOutputs(std::span<const Type* const> types) { previous_ = types; }

  // The types of the results of a region of this node, once inferred for the given parameters' facts.
  // Set by inference before the page is asked; empty for nodes without regions.
  std::vector<std::vector<ValueFacts>> region_results;
  Module& module() { return module_; }

  // An error that starts with the node's description.
  Error Invalid(std::string message, std::string hint = {}) const;

 private:
  Module& module_;
  std::span<const ValueFacts* const> inputs_;
  std::vector<ValueFacts> outputs_;
  std::span<const Type* const> previous_;
};

// Runs one node on values. Outputs are allocated by Output(); an executor may hand out planned memory.
class ReferenceContext : public NodeView {
 public:
  ReferenceContext(const Node& node, const Operator& page) : NodeView(node, page) {}
  virtual ~ReferenceContext() = default;

  virtual size_t InputCount() const = 0;
  virtual bool HasInput(size_t i) const = 0;
  virtual const Value& InputValue(size_t i) const = 0;
  const Tensor& Input(size_t i) const { return InputValue(i).tensor(); }
  virtual size_t OutputCount() const = 0;
  virtual bool WantsOutput(size_t i) const = 0;
  // What inference says of output i (its dims may be symbols); null where the caller does not know.
  virtual const Type* OutputType(size_t i) const {
    (void)i;
    return nullptr;
  }
  // Memory for output i. Contents undefined. Errors: memory that cannot be had.
  virtual Result<Tensor> Output(size_t i, DType dtype, Dims dims) = 0;
  virtual void SetOutput(size_t i, Value value) = 0;  // sequences, optionals, and shared views
  // Runs a region of this node; `arguments` are its parameters' values.
  virtual Result<std::vector<Value>> RunRegion(size_t region, std::span<const Value> arguments) = 0;
  // The group for collectives; null when this program runs alone (collectives are then the identity).
  virtual Communicator* communicator() const = 0;
  // True once somebody asked to stop; loops ask.
  virtual bool Cancelled() const { return false; }

  Error Invalid(std::string message, std::string hint = {}) const;
};

// Builds the gradient of one node: for each input that needs one, the gradient of the loss with respect to
// it, given those of the outputs. The builder appends to the function that holds the forward node.
class GradientContext : public NodeView {
 public:
  GradientContext(const Node& node, const Operator& page, GraphBuilder& builder,
                  std::span<const ValueId> output_gradients, const std::vector<bool>& needs)
      : NodeView(node, page),
        b(builder),
        output_gradients_(output_gradients),
        needs_(needs),
        input_gradients_(node.inputs.size(), kNoValue) {}

  GraphBuilder& b;
  bool HasInput(size_t i) const { return i < node().inputs.size() && node().inputs[i] != kNoValue; }
  ValueId Input(size_t i) const { return node().inputs[i]; }
  ValueId Output(size_t i) const { return node().outputs[i]; }
  const Type& InputType(size_t i) const;
  const Type& OutputType(size_t i) const;
  // kNoValue: this output does not reach the loss (its gradient is zero).
  ValueId OutputGradient(size_t i) const {
    return i < output_gradients_.size() ? output_gradients_[i] : kNoValue;
  }
  bool Needs(size_t i) const { return i < needs_.size() && needs_[i]; }
  void SetInputGradient(size_t i, ValueId gradient) { input_gradients_[i] = gradient; }
  const std::vector<ValueId>& input_gradients() const { return input_gradients_; }

 private:
  std::span<const ValueId> output_gradients_;
  const std::vector<bool>& needs_;
  std::vector<ValueId> input_gradients_;
};

// Replaces one node by simpler ones that compute the same outputs.
class LoweringContext : public NodeView {
 public:
  LoweringContext(const Node& node, const Operator& page, GraphBuilder& builder)
      : NodeView(node, page), b(builder), results(node.outputs.size(), kNoValue) {}
  GraphBuilder& b;
  bool HasInput(size_t i) const { return i < node().inputs.size() && node().inputs[i] != kNoValue; }
  ValueId Input(size_t i) const { return node().inputs[i]; }
  const Type& InputType(size_t i) const;
  std::vector<ValueId> results;  // one for each output
};

}  // namespace sinter
