#include "engine/graph/infer.h"

#include <algorithm>
#include <functional>
#include <map>

#include <fmt/format.h>

#include "engine/graph/node_check.h"

namespace sinter {
namespace {

constexpr int64_t kMostContents = 64;
constexpr size_t kLongestDim = 4096;  // characters of a dimension's text
constexpr int kDeepestCall = 256;     // functions that call functions

bool AnyTooLong(const std::vector<Dim>& dims) {
  return std::ranges::any_of(
      dims, [](const Dim& dim) { return !dim.IsConstant() && dim.ToString().size() > kLongestDim; });
}

// What a constant tells of itself: small integer tensors carry their elements into shape arithmetic.
ValueFacts FactsOf(const Tensor& tensor) {
  ValueFacts facts{tensor.type(), std::nullopt, tensor};
  if (IsInteger(tensor.dtype()) && tensor.rank() <= 1 && tensor.elements() <= kMostContents &&
      tensor.encoding().IsPlain()) {
    const std::vector<int64_t> values = tensor.ToInts();
    facts.contents.emplace(values.begin(), values.end());
  }
  return facts;
}

class Inference {
 public:
  Inference(Module& module, Function& function, const OperatorCatalog& catalog, InferenceState& state)
      : module_(module), function_(function), catalog_(catalog), state_(state) {}

  Status InRegion(Region& region) {
    for (Node& node : region.nodes) TRY_STATUS(Visit(node));
    return {};
  }

  Status Visit(Node& node) {
    if (node.op == kCallOp) return Call(node);
    const Operator* page = catalog_.Find(node.op);
    if (page == nullptr)
      return Located(node, InvalidArgument(fmt::format("unknown operator '{}'", node.op),
                                           "docs/operators.md lists those there are"));
    if (node.inputs.size() > 0) {
      for (ValueId id : node.inputs) {
        if (id != kNoValue && !function_.TypeOf(id).IsKnown()) {
          return Located(node, InvalidArgument(fmt::format("{}: the type of %{} is not known", node.op,
                                                           function_.values[static_cast<size_t>(id)].name)));
        }
      }
    }
    if (auto status = CheckNode(function_, node, *page); !status)
      return Located(node, std::move(status).error());
    TRY_STATUS(SetRegionParameters(node));
    std::vector<std::vector<ValueFacts>> region_results;
    for (auto& [name, region] : node.regions) {
      TRY_STATUS(InRegion(region));
      auto& results = region_results.emplace_back();
      for (ValueId id : region.results)
        results.push_back(state_.At(id).type.IsKnown() ? state_.At(id)
                                                       : ValueFacts{function_.TypeOf(id), {}, {}});
    }
    std::vector<const ValueFacts*> inputs;
    inputs.reserve(node.inputs.size());
    for (ValueId id : node.inputs) inputs.push_back(id == kNoValue ? nullptr : &Facts(id));
    std::vector<const Type*> previous;
    previous.reserve(node.outputs.size());
    for (ValueId id : node.outputs) previous.push_back(id == kNoValue ? nullptr : &function_.TypeOf(id));
    InferContext context(node, *page, module_, inputs, node.outputs.size());
    context.SetPreviousOutputs(previous);
    context.region_results = std::move(region_results);
    if (auto inferred = page->infer.value(context); !inferred)
      return Located(node, std::move(inferred).error());
    for (size_t i = 0; i < node.outputs.size(); ++i) {
      if (node.outputs[i] != kNoValue)
        TRY_STATUS(SetResult(node, node.outputs[i], std::move(context.outputs()[i])));
    }
    if (node.op == "Constant" && !node.outputs.empty()) {
      if (const Tensor* value = context.TensorAttribute("value"))
        state_.At(node.outputs[0]) = FactsOf(*value);
    }
    return {};
  }

 private:
  // Facts of a value; a value of which only the type is known gets its facts from it. The list is grown
  // before, so that pointers into it stay.
  const ValueFacts& Facts(ValueId id) {
    ValueFacts& facts = state_.At(id);
    if (!facts.type.IsKnown()) facts.type = function_.TypeOf(id);
    return facts;
  }

  Status SetResult(const Node& node, ValueId id, ValueFacts facts) {
    ValueInfo& info = function_.values[static_cast<size_t>(id)];
    if (!facts.type.IsKnown())
      return Located(node, Internal(fmt::format("{}: no type was inferred for %{}", node.op, info.name)));
    if (info.type.IsKnown() && !(info.type == facts.type)) {
      return Located(node,
                     InvalidArgument(fmt::format("{}: %{} is declared {} and inferred {}", node.op, info.name,
                                                 info.type.ToString(), facts.type.ToString())));
    }
    if (AnyTooLong(facts.type.shape))
      return Located(node, InvalidArgument(fmt::format("{}: a dimension of %{} is an expression of more than "
                                                       "{} characters",
                                                       node.op, info.name, kLongestDim)));
    if (facts.contents && AnyTooLong(*facts.contents)) facts.contents.reset();
    info.type = facts.type;
    state_.At(id) = std::move(facts);
    return {};
  }

  // Parameters of regions take the types of what they are bound to, where the text leaves them out: Loop's
  // body gets (iteration, condition, carried...), other regions none.
  Status SetRegionParameters(Node& node) {
    for (auto& [name, region] : node.regions) {
      for (size_t i = 0; i < region.params.size(); ++i) {
        ValueInfo& info = function_.values[static_cast<size_t>(region.params[i])];
        if (!info.type.IsKnown()) {
          if (node.op != "Loop")
            return Located(node,
                           InvalidArgument(fmt::format("{}: the type of region parameter %{} must be given",
                                                       node.op, info.name)));
          if (i == 0) info.type = Type::Tensor(DType::kI64, {});
          if (i == 1) info.type = Type::Tensor(DType::kBool, {});
          if (i >= 2 && i < node.inputs.size() && node.inputs[i] != kNoValue)
            info.type = function_.TypeOf(node.inputs[i]);
        }
        if (!info.type.IsKnown())
          return Located(node, InvalidArgument(
                                   fmt::format("{}: nothing is bound to parameter %{}", node.op, info.name)));
        state_.At(region.params[i]).type = info.type;
      }
    }
    return {};
  }

  Status Call(Node& node) {
    const auto attribute = node.attributes.find("callee");
    const auto* name =
        attribute == node.attributes.end() ? nullptr : std::get_if<std::string>(&attribute->second);
    const Function* callee = name == nullptr ? nullptr : module_.FindFunction(*name);
    if (callee == nullptr)
      return Located(node, InvalidArgument(
                               fmt::format("call: there is no function @{}", name == nullptr ? "?" : *name)));
    if (callee->body.params.size() != node.inputs.size() ||
        callee->body.results.size() != node.outputs.size()) {
      return Located(node, InvalidArgument(fmt::format(
                               "call: @{} takes {} arguments and gives {} results; {} and {} are written",
                               *name, callee->body.params.size(), callee->body.results.size(),
                               node.inputs.size(), node.outputs.size())));
    }
    for (size_t i = 0; i < node.inputs.size(); ++i) {
      const Type& wanted = callee->TypeOf(callee->body.params[i]);
      if (node.inputs[i] == kNoValue || !(function_.TypeOf(node.inputs[i]) == wanted)) {
        return Located(node, InvalidArgument(fmt::format("call: argument {} of @{} must be {}", i, *name,
                                                         wanted.ToString())));
      }
    }
    for (size_t i = 0; i < node.outputs.size(); ++i) {
      if (node.outputs[i] == kNoValue) continue;
      TRY_STATUS(
          SetResult(node, node.outputs[i], {callee->TypeOf(callee->body.results[i]), std::nullopt, {}}));
    }
    return {};
  }

  Error Located(const Node& node, Error error) const {
    const std::string place = node.position.line > 0 ? fmt::format("{}:{}: @{}", node.position.line,
                                                                   node.position.column, function_.name)
                                                     : "@" + function_.name;
    return std::move(error).In(place);
  }

  Module& module_;
  Function& function_;
  const OperatorCatalog& catalog_;
  InferenceState& state_;
};

Status SeedFunction(Module& module, Function& function) {
  for (StateUse& read : function.reads) {
    const State* state = module.FindState(read.state);
    if (state == nullptr)
      return InvalidArgument(fmt::format("@{}: there is no state @{}", function.name, read.state));
    ValueInfo& info = function.values[static_cast<size_t>(read.value)];
    if (info.type.IsKnown() && !(info.type == state->type)) {
      return InvalidArgument(fmt::format("@{}: %{} is declared {}, state @{} is {}", function.name, info.name,
                                         info.type.ToString(), read.state, state->type.ToString()));
    }
    info.type = state->type;
  }
  return {};
}

}  // namespace

ValueFacts& InferenceState::At(ValueId id) {
  const size_t index = static_cast<size_t>(id);
  while (values.size() <= index) values.emplace_back();
  return values[index];
}

Status InferNode(Module& module, Function& function, Node& node, const OperatorCatalog& catalog,
                 InferenceState& state) {
  return Inference(module, function, catalog, state).Visit(node);
}

Result<InferenceState> InferFunctionTypes(Module& module, Function& function,
                                          const OperatorCatalog& catalog) {
  InferenceState state;
  TRY_STATUS(SeedFunction(module, function));
  TRY_STATUS(Inference(module, function, catalog, state).InRegion(function.body));
  return state;
}

Status InferModule(Module& module, const OperatorCatalog& catalog) {
  enum class Mark { kNew, kOpen, kDone };
  std::map<std::string, Mark, std::less<>> marks;
  int depth = 0;
  std::function<Status(Function&)> visit = [&](Function& function) -> Status {
    Mark& mark = marks[function.name];
    if (mark == Mark::kDone) return {};
    if (mark == Mark::kOpen) return InvalidArgument(fmt::format("@{} calls itself", function.name));
    mark = Mark::kOpen;
    if (++depth > kDeepestCall)
      return InvalidArgument(fmt::format("@{}: calls nest deeper than {}", function.name, kDeepestCall));
    Status status;
    ForEachNode(function.body, [&](const Node& node) {
      if (!status || node.op != kCallOp) return;
      const auto callee = node.attributes.find("callee");
      if (callee == node.attributes.end() || !std::holds_alternative<std::string>(callee->second)) return;
      if (Function* called = module.FindFunction(std::get<std::string>(callee->second)))
        status = visit(*called);
    });
    TRY_STATUS(status);
    TRY_STATUS(InferFunctionTypes(module, function, catalog));
    marks[function.name] = Mark::kDone;
    --depth;
    return {};
  };
  for (Function& function : module.functions) TRY_STATUS(visit(function));
  return {};
}

}  // namespace sinter
