// Appends nodes to a function, inferring types as it goes.
#pragma once

#include <initializer_list>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "engine/graph/infer.h"
#include "engine/graph/module.h"
#include "engine/graph/operator.h"

namespace sinter {

// The first error sticks: later calls do nothing and return kNoValue, and status() tells. So gradients and
// importers read as arithmetic, and check once. Holds pointers to module and function, which must outlive it
// and must not be reallocated (do not add functions to the module meanwhile).
class GraphBuilder {
 public:
  GraphBuilder(Module& module, Function& function, const OperatorCatalog& catalog);
  // Nodes go into `region` of the same function (a branch or a loop's body) instead of the body.
  GraphBuilder(Module& module, Function& function, Region& region, const OperatorCatalog& catalog);

  // One output, or the first of several with Ops.
  ValueId Op(std::string_view op, std::initializer_list<ValueId> inputs, Attributes attributes = {},
             std::string_view name_hint = {});
  ValueId Op(std::string_view op, std::span<const ValueId> inputs, Attributes attributes = {},
             std::string_view name_hint = {});
  std::vector<ValueId> Ops(std::string_view op, std::span<const ValueId> inputs, size_t outputs,
                           Attributes attributes = {}, std::string_view name_hint = {});
  // Any node, outputs already added to the function; infers and appends it.
  void Append(Node node);

  ValueId Constant(Tensor tensor, std::string_view name_hint = {});
  ValueId Scalar(DType dtype, double value);      // rank 0
  ValueId Ints(std::span<const int64_t> values);  // i64[n]
  ValueId Ints(std::initializer_list<int64_t> values) {
    return Ints(std::span<const int64_t>(values.begin(), values.size()));
  }
  ValueId Input(std::string_view name, Type type);  // adds a parameter of the function
  ValueId Read(std::string_view state);             // the state's value at entry, read once
  void Update(std::string_view state, ValueId value);
  void Return(std::vector<ValueId> values);

  // Broadcast's inverse: sums `gradient` down to the type of `like` (over the axes that broadcasting added or
  // stretched). Symbolic dims are compared as expressions.
  ValueId SumToShapeOf(ValueId gradient, ValueId like);
  ValueId ShapeOf(ValueId value);  // i64[rank]: constant where the dims are numbers, else a Shape node

  const Type& TypeOf(ValueId id) const { return function_.TypeOf(id); }
  Module& module() { return module_; }
  Function& function() { return function_; }
  const OperatorCatalog& catalog() const { return catalog_; }
  InferenceState& facts() { return facts_; }
  bool ok() const { return status_.has_value(); }
  const Status& status() const { return status_; }
  void Fail(Error error);

 private:
  Module& module_;
  Function& function_;
  Region& region_;
  const OperatorCatalog& catalog_;
  InferenceState facts_;
  Status status_;
};

}  // namespace sinter
