#include "engine/graph/builder.h"

#include <algorithm>
#include <cctype>

#include <fmt/format.h>

namespace sinter {
namespace {

// "conv" for Conv, "all_reduce" for sinter.AllReduce: what the values of an operator are called.
std::string ValueName(std::string_view op) {
  if (const size_t dot = op.rfind('.'); dot != std::string_view::npos) op.remove_prefix(dot + 1);
  std::string name;
  for (size_t i = 0; i < op.size(); ++i) {
    const bool upper = std::isupper(static_cast<unsigned char>(op[i])) != 0;
    if (upper && i > 0 && !std::isupper(static_cast<unsigned char>(op[i - 1]))) name += '_';
    name += static_cast<char>(std::tolower(static_cast<unsigned char>(op[i])));
  }
  return name;
}

}  // namespace

GraphBuilder::GraphBuilder(Module& module, Function& function, const OperatorCatalog& catalog)
    : GraphBuilder(module, function, function.body, catalog) {}

GraphBuilder::GraphBuilder(Module& module, Function& function, Region& region, const OperatorCatalog& catalog)
    : module_(module), function_(function), region_(region), catalog_(catalog) {
  // A function that already has nodes: learn what is known of its values.
  if (auto known = InferFunctionTypes(module, function, catalog))
    facts_ = *std::move(known);
  else
    Fail(std::move(known).error());
}

void GraphBuilder::Fail(Error error) {
  if (status_) status_ = std::move(error);
}

void GraphBuilder::Append(Node node) {
  if (!ok()) return;
  if (auto inferred = InferNode(module_, function_, node, catalog_, facts_); !inferred)
    return Fail(std::move(inferred).error());
  region_.nodes.push_back(std::move(node));
}

std::vector<ValueId> GraphBuilder::Ops(std::string_view op, std::span<const ValueId> inputs, size_t outputs,
                                       Attributes attributes, std::string_view name_hint) {
  std::vector<ValueId> ids(outputs, kNoValue);
  if (!ok()) return ids;
  Node node{std::string(op), {}, {inputs.begin(), inputs.end()}, {}, std::move(attributes), {}, {}};
  while (!node.inputs.empty() && node.inputs.back() == kNoValue) node.inputs.pop_back();
  for (ValueId& id : ids) id = function_.AddValue(name_hint.empty() ? ValueName(op) : std::string(name_hint));
  node.outputs = ids;
  Append(std::move(node));
  if (!ok()) std::ranges::fill(ids, kNoValue);
  return ids;
}

ValueId GraphBuilder::Op(std::string_view op, std::span<const ValueId> inputs, Attributes attributes,
                         std::string_view name_hint) {
  return Ops(op, inputs, 1, std::move(attributes), name_hint)[0];
}

ValueId GraphBuilder::Op(std::string_view op, std::initializer_list<ValueId> inputs, Attributes attributes,
                         std::string_view name_hint) {
  return Op(op, std::span<const ValueId>(inputs.begin(), inputs.size()), std::move(attributes), name_hint);
}

ValueId GraphBuilder::Constant(Tensor tensor, std::string_view name_hint) {
  return Op("Constant", {}, {{"value", std::move(tensor)}}, name_hint.empty() ? "const" : name_hint);
}

ValueId GraphBuilder::Scalar(DType dtype, double value) {
  Tensor scalar;
  DispatchDType(dtype, [&]<class T>() {
    if constexpr (std::is_same_v<T, Half> || std::is_same_v<T, BFloat16>)
      scalar = Tensor::Scalar(T(static_cast<float>(value)));
    else
      scalar = Tensor::Scalar(static_cast<T>(value));
  });
  if (!scalar.defined()) Fail(InvalidArgument(fmt::format("no scalar of {}", DTypeName(dtype))));
  return Constant(std::move(scalar));
}

ValueId GraphBuilder::Ints(std::span<const int64_t> values) {
  return Constant(Tensor::FromSpan<int64_t>({static_cast<int64_t>(values.size())}, values));
}

ValueId GraphBuilder::Input(std::string_view name, Type type) {
  if (!ok()) return kNoValue;
  const ValueId id = function_.AddValue(std::string(name), type);
  function_.body.params.push_back(id);
  facts_.At(id).type = std::move(type);
  return id;
}

ValueId GraphBuilder::Read(std::string_view state) {
  if (!ok()) return kNoValue;
  for (const StateUse& read : function_.reads) {
    if (read.state == state) return read.value;
  }
  const State* declared = module_.FindState(state);
  if (declared == nullptr) return Fail(NotFound(fmt::format("there is no state @{}", state))), kNoValue;
  const ValueId id = function_.AddValue(std::string(state), declared->type);
  facts_.At(id).type = declared->type;
  function_.reads.push_back({std::string(state), id});
  return id;
}

void GraphBuilder::Update(std::string_view state, ValueId value) {
  if (!ok()) return;
  const State* declared = module_.FindState(state);
  if (declared == nullptr) return Fail(NotFound(fmt::format("there is no state @{}", state)));
  if (!(declared->type == TypeOf(value))) {
    return Fail(InvalidArgument(fmt::format("state @{} is {}; its update is {}", state,
                                            declared->type.ToString(), TypeOf(value).ToString())));
  }
  function_.updates.push_back({std::string(state), value});
}

void GraphBuilder::Return(std::vector<ValueId> values) {
  if (ok()) function_.body.results = std::move(values);
}

ValueId GraphBuilder::ShapeOf(ValueId value) {
  if (!ok()) return kNoValue;
  std::vector<int64_t> dims;
  for (const Dim& dim : TypeOf(value).shape) {
    if (!dim.IsConstant()) return Op("Shape", {value});
    dims.push_back(*dim.Constant());
  }
  return Ints(dims);
}

ValueId GraphBuilder::SumToShapeOf(ValueId gradient, ValueId like) {
  if (!ok()) return kNoValue;
  const Shape from = TypeOf(gradient).shape;
  const Shape to = TypeOf(like).shape;
  if (from == to) return gradient;
  std::vector<int64_t> axes;
  const size_t added = from.size() - to.size();
  for (size_t i = 0; i < from.size(); ++i) {
    if (i < added || (to[i - added] == Dim(1) && !(from[i] == Dim(1))))
      axes.push_back(static_cast<int64_t>(i));
  }
  ValueId sum = gradient;
  if (!axes.empty())
    sum = Op("ReduceSum", {gradient, Ints(axes)}, {{"keepdims", int64_t{1}}}, "sum_to_shape");
  if (ok() && !(TypeOf(sum).shape == to)) sum = Op("Reshape", {sum, ShapeOf(like)}, {}, "sum_to_shape");
  return sum;
}

}  // namespace sinter
