#include <algorithm>

#include <fmt/format.h>

#include "engine/graph/builder.h"
#include "engine/graph/clone.h"
#include "engine/ops/catalog.h"
#include "engine/signature/signature.h"

namespace sinter {
namespace {

bool Trivial(const std::vector<double>& values, double neutral) {
  return std::ranges::all_of(values, [&](double v) { return v == neutral; });
}

// One number, or one for each index of the first dimension of an example: [C,1,1] beside [N,C,H,W].
Result<ValueId> PerChannel(GraphBuilder& b, const std::vector<double>& values, const SignatureInput& input,
                           DType dtype) {
  if (values.size() == 1) return b.Scalar(dtype, values[0]);
  const auto& shape = input.preprocess.model_shape;
  if (shape.empty() || static_cast<int64_t>(values.size()) != shape[0]) {
    return InvalidArgument(fmt::format("input '{}': {} numbers for {} channels", input.name, values.size(),
                                       shape.empty() ? 0 : shape[0]));
  }
  Dims dims(shape.size(), 1);
  dims[0] = shape[0];
  TRY(Tensor tensor, Tensor::Create(dtype, dims));
  for (size_t i = 0; i < values.size(); ++i) {
    if (dtype == DType::kF64)
      tensor.mutable_data<double>()[i] = values[i];
    else
      tensor.mutable_data<float>()[i] = static_cast<float>(values[i]);
  }
  return b.Constant(std::move(tensor));
}

}  // namespace

Result<ValueId> AppendPreprocess(GraphBuilder& b, ValueId value, const SignatureInput& input,
                                 DType model_dtype) {
  const Preprocess& p = input.preprocess;
  if (IsFloat(model_dtype) && model_dtype != input.dtype)
    value = b.Op("Cast", {value}, {{"to", model_dtype}});
  if (p.scale != 1) value = b.Op("Mul", {value, b.Scalar(model_dtype, p.scale)});
  if (p.model_shape != input.shape) {
    std::vector<int64_t> dims{-1};
    dims.insert(dims.end(), p.model_shape.begin(), p.model_shape.end());
    value = b.Op("Reshape", {value, b.Ints(dims)});
  }
  if (!Trivial(p.mean, 0)) {
    TRY(const ValueId mean, PerChannel(b, p.mean, input, model_dtype));
    value = b.Op("Sub", {value, mean});
  }
  if (!Trivial(p.deviation, 1)) {
    TRY(const ValueId deviation, PerChannel(b, p.deviation, input, model_dtype));
    value = b.Op("Div", {value, deviation});
  }
  TRY_STATUS(b.status());
  return value;
}

Status AddPredictFunction(Module& module, const Signature& signature, std::string_view forward,
                          std::string_view name) {
  const Function* found = module.FindFunction(forward);
  if (found == nullptr) return NotFound(fmt::format("module {} has no function @{}", module.name, forward));
  if (module.FindFunction(name) != nullptr)
    return Error{ErrorCode::kAlreadyExists, fmt::format("there is a function @{} already", name), ""};
  if (found->body.params.size() != signature.inputs.size() ||
      found->body.results.size() != signature.outputs.size()) {
    return InvalidArgument(fmt::format("the signature has {} inputs and {} outputs; @{} has {} and {}",
                                       signature.inputs.size(), signature.outputs.size(), forward,
                                       found->body.params.size(), found->body.results.size()));
  }
  const Function model = *found;
  // A call's dimensions are the callee's: the batch has the model's own symbol, or its one size.
  const Type& first = model.TypeOf(model.body.params[0]);
  if (first.Rank() == 0)
    return InvalidArgument(fmt::format("input 0 of @{} has no batch dimension", forward));
  const Dim batch = first.shape[0];
  Function& function = module.functions.emplace_back();
  function.name = name;
  GraphBuilder b(module, function, Operators());
  std::vector<ValueId> arguments;
  for (size_t i = 0; i < signature.inputs.size(); ++i) {
    const SignatureInput& input = signature.inputs[i];
    const Type& wanted = model.TypeOf(model.body.params[i]);
    Shape shape{batch};
    shape.insert(shape.end(), input.shape.begin(), input.shape.end());
    TRY(const ValueId prepared,
        AppendPreprocess(b, b.Input(input.name, Type::Tensor(input.dtype, shape)), input, wanted.dtype));
    const Type& given = b.TypeOf(prepared);
    bool fits = given.dtype == wanted.dtype && given.Rank() == wanted.Rank();
    for (size_t d = 1; fits && d < wanted.Rank(); ++d)
      fits = !wanted.shape[d].IsConstant() || wanted.shape[d] == given.shape[d];
    if (!fits) {
      return InvalidArgument(fmt::format("input '{}' of the signature gives {}; @{} takes {}", input.name,
                                         given.ToString(), forward, wanted.ToString()));
    }
    arguments.push_back(prepared);
  }
  const std::vector<ValueId> given =
      b.Ops(kCallOp, arguments, model.body.results.size(), {{"callee", std::string(forward)}});
  TRY_STATUS(b.status());
  std::vector<ValueId> results;
  for (size_t i = 0; i < signature.outputs.size(); ++i) {
    ValueId value = given[i];
    if (signature.outputs[i].activation == OutputActivation::kSoftmax)
      value = b.Op("Softmax", {value}, {{"axis", int64_t{-1}}}, signature.outputs[i].name);
    if (signature.outputs[i].activation == OutputActivation::kSigmoid)
      value = b.Op("Sigmoid", {value}, {}, signature.outputs[i].name);
    if (value == given[i]) value = b.Op("Identity", {value}, {}, signature.outputs[i].name);
    TRY_STATUS(b.status());
    Type expected = b.TypeOf(value);
    bool fits = expected.dtype == signature.outputs[i].dtype &&
                expected.Rank() == signature.outputs[i].shape.size() + 1;
    for (size_t d = 1; fits && d < expected.Rank(); ++d)
      fits = !expected.shape[d].IsConstant() ||
             *expected.shape[d].Constant() == signature.outputs[i].shape[d - 1];
    if (!fits) {
      return InvalidArgument(fmt::format("output '{}' of the signature is {}{}; @{} gives {}",
                                         signature.outputs[i].name, DTypeName(signature.outputs[i].dtype),
                                         DimsToString(signature.outputs[i].shape), forward,
                                         expected.ToString()));
    }
    results.push_back(value);
  }
  b.Return(results);
  return b.status();
}

}  // namespace sinter
