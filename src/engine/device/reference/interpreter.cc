#include "engine/device/reference/interpreter.h"

#include <fmt/format.h>

#include "engine/device/reference/inputs.h"
#include "engine/ops/evaluate.h"

namespace sinter {
namespace {

// Values by id; regions see the values of what is around them.
using Values = std::vector<Value>;

class Context final : public EvaluationContext {
 public:
  Context(const Node& node, const Operator& page, const Function& function,
          std::span<const Value* const> inputs, const ReferenceOptions& options,
          FunctionRef<Result<std::vector<Value>>(size_t, std::span<const Value>)> run_region)
      : EvaluationContext(node, page, inputs),
        function_(function),
        options_(options),
        run_region_(run_region) {}

  const Type* OutputType(size_t i) const override {
    return WantsOutput(i) ? &function_.TypeOf(node().outputs[i]) : nullptr;
  }
  Result<std::vector<Value>> RunRegion(size_t region, std::span<const Value> arguments) override {
    return run_region_(region, arguments);
  }
  Communicator* communicator() const override { return options_.communicator; }
  bool Cancelled() const override { return options_.cancel.Cancelled(); }

 private:
  const Function& function_;
  const ReferenceOptions& options_;
  FunctionRef<Result<std::vector<Value>>(size_t, std::span<const Value>)> run_region_;
};

class Interpreter {
 public:
  Interpreter(const Module& module, const OperatorCatalog& catalog, const StateValues& states,
              const ReferenceOptions& options)
      : module_(module), catalog_(catalog), states_(states), options_(options) {}

  Result<std::vector<Value>> RunFunction(const Function& function, std::span<const Value> inputs, int depth) {
    if (inputs.size() != function.body.params.size()) {
      return InvalidArgument(fmt::format("@{} takes {} inputs, {} are given", function.name,
                                         function.body.params.size(), inputs.size()));
    }
    Values values(function.values.size());
    for (const StateUse& read : function.reads) {
      TRY(values[static_cast<size_t>(read.value)], StateValue(read.state));
    }
    TRY(std::vector<Value> results, RunRegion(function, function.body, inputs, values, depth));
    for (const StateUse& update : function.updates)
      updates_[update.state] = values[static_cast<size_t>(update.value)].tensor();
    return results;
  }

  StateValues& updates() { return updates_; }

  Result<std::vector<Value>> RunAlone(const Function& function, const Node& node,
                                      FunctionRef<Value(ValueId)> lookup) {
    Values values(function.values.size());
    auto fetch = [&](ValueId id) {
      if (id != kNoValue) values[static_cast<size_t>(id)] = lookup(id);
    };
    for (ValueId id : node.inputs) fetch(id);
    for (const auto& [name, region] : node.regions) {
      ForEachNode(region, [&](const Node& inner) {
        for (ValueId id : inner.inputs) fetch(id);
      });
      for (ValueId id : region.results) fetch(id);
    }
    return RunNode(function, node, values, 0);
  }

 private:
  Result<Value> StateValue(const std::string& name) {
    if (const auto found = states_.find(name); found != states_.end()) return Value(found->second);
    const State* state = module_.FindState(name);
    if (state == nullptr) return NotFound(fmt::format("there is no state @{}", name));
    if (state->initial) return Value(*state->initial);
    Dims dims;
    for (const Dim& dim : state->type.shape) {
      if (!dim.IsConstant())
        return InvalidArgument(fmt::format("state @{} has a symbolic shape and no value", name));
      dims.push_back(*dim.Constant());
    }
    TRY(Tensor zeros, Tensor::Create(state->type.dtype, std::move(dims), true, state->type.encoding));
    return Value(std::move(zeros));
  }

  Result<std::vector<Value>> RunRegion(const Function& function, const Region& region,
                                       std::span<const Value> arguments, Values& values, int depth) {
    for (size_t i = 0; i < region.params.size() && i < arguments.size(); ++i)
      values[static_cast<size_t>(region.params[i])] = arguments[i];
    for (const Node& node : region.nodes) {
      if (options_.cancel.Cancelled())
        return Error{ErrorCode::kCancelled, fmt::format("@{} was cancelled", function.name), ""};
      TRY(std::vector<Value> outputs, RunNode(function, node, values, depth));
      if (options_.after_node && depth == 0) TRY_STATUS(options_.after_node(node, outputs));
      for (size_t i = 0; i < node.outputs.size() && i < outputs.size(); ++i) {
        if (node.outputs[i] != kNoValue) values[static_cast<size_t>(node.outputs[i])] = std::move(outputs[i]);
      }
    }
    std::vector<Value> results;
    results.reserve(region.results.size());
    for (ValueId id : region.results) results.push_back(values[static_cast<size_t>(id)]);
    return results;
  }

  Result<std::vector<Value>> RunNode(const Function& function, const Node& node, Values& values, int depth) {
    std::vector<const Value*> inputs;
    inputs.reserve(node.inputs.size());
    for (ValueId id : node.inputs)
      inputs.push_back(id == kNoValue ? nullptr : &values[static_cast<size_t>(id)]);
    if (node.op == kCallOp) {
      const Function* callee = module_.FindFunction(std::get<std::string>(node.attributes.at("callee")));
      if (callee == nullptr || depth > 64)
        return InvalidArgument("a call of an unknown function, or a recursion");
      std::vector<Value> arguments;
      arguments.reserve(inputs.size());
      for (const Value* input : inputs) arguments.push_back(*input);
      return RunFunction(*callee, arguments, depth + 1);
    }
    const Operator* page = catalog_.Find(node.op);
    if (page == nullptr) return InvalidArgument(fmt::format("unknown operator '{}'", node.op));
    auto run_region = [&](size_t region, std::span<const Value> arguments) {
      return RunRegion(function, node.regions[region].second, arguments, values, depth + 1);
    };
    Context context(node, *page, function, inputs, options_, run_region);
    TRY_STATUS(page->reference.value(context));
    return std::move(context.outputs());
  }

  const Module& module_;
  const OperatorCatalog& catalog_;
  const StateValues& states_;
  const ReferenceOptions& options_;
  StateValues updates_;
};

}  // namespace

Result<std::vector<Value>> RunReference(const Module& module, const OperatorCatalog& catalog,
                                        std::string_view function, std::span<const Value> inputs,
                                        StateValues& states, const ReferenceOptions& options) {
  const Function* found = module.FindFunction(function);
  if (found == nullptr) return NotFound(fmt::format("module {} has no function @{}", module.name, function));
  TRY_STATUS(CheckInputs(module, *found, inputs));
  Interpreter interpreter(module, catalog, states, options);
  TRY(std::vector<Value> results, interpreter.RunFunction(*found, inputs, 0));
  for (auto& [name, value] : interpreter.updates()) states[name] = std::move(value);
  return results;
}

Result<std::vector<Value>> RunReferenceNodeIn(const Module& module, const OperatorCatalog& catalog,
                                              const Function& function, const Node& node,
                                              FunctionRef<Value(ValueId)> lookup,
                                              const ReferenceOptions& options) {
  const StateValues none;
  return Interpreter(module, catalog, none, options).RunAlone(function, node, lookup);
}

}  // namespace sinter
