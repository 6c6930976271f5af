#include <algorithm>
#include <numeric>

#include <fmt/format.h>
#include <fmt/ranges.h>

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

namespace {

// x[N] of f64 or f32 -> [N, 1]: filled and scaled before it becomes the model's dtype, in which 1e9 + 1 may
// be 1e9.
ValueId AppendNumber(GraphBuilder& b, ValueId x, const SignatureInput& input, DType model_dtype) {
  const Preprocess& p = input.preprocess;
  const DType dtype = input.dtype;
  if (p.fill) x = b.Op("Where", {b.Op("IsNaN", {x}), b.Scalar(dtype, *p.fill), x});
  if (p.scale != 1) x = b.Op("Mul", {x, b.Scalar(dtype, p.scale)});
  if (!Trivial(p.mean, 0)) x = b.Op("Sub", {x, b.Scalar(dtype, p.mean[0])});
  if (!Trivial(p.deviation, 1)) x = b.Op("Div", {x, b.Scalar(dtype, p.deviation[0])});
  if (dtype != model_dtype) x = b.Op("Cast", {x}, {{"to", model_dtype}});
  return b.Op("Unsqueeze", {x, b.Ints({1})});
}

// i[N] -> [N, classes]: no OneHot, which counts negative indexes from the end.
ValueId AppendClass(GraphBuilder& b, ValueId x, const SignatureInput& input, DType model_dtype) {
  std::vector<int64_t> indexes(input.preprocess.categories.size());
  std::iota(indexes.begin(), indexes.end(), 0);
  return b.Op("Cast", {b.Op("Equal", {b.Op("Unsqueeze", {x, b.Ints({1})}), b.Ints(indexes)})},
              {{"to", model_dtype}});
}

}  // namespace

int64_t JoinedWidth(const std::vector<SignatureInput>& inputs) {
  int64_t width = 0;
  for (const SignatureInput& input : inputs)
    width += std::max<int64_t>(1, static_cast<int64_t>(input.preprocess.categories.size()));
  return width;
}

Result<ValueId> AppendJoined(GraphBuilder& b, std::span<const ValueId> values, const Signature& signature,
                             DType model_dtype) {
  std::vector<ValueId> parts;
  for (size_t i = 0; i < signature.inputs.size(); ++i) {
    const SignatureInput& input = signature.inputs[i];
    const Preprocess& p = input.preprocess;
    const bool is_class = !p.categories.empty();
    if (!input.shape.empty() || p.mean.size() != 1 || p.deviation.size() != 1 ||
        (is_class ? input.dtype != DType::kI64 : !IsFloat(input.dtype))) {
      return InvalidArgument(
          fmt::format("input '{}' cannot be joined: it is no number and no class of a row", input.name));
    }
    parts.push_back(is_class ? AppendClass(b, values[i], input, model_dtype)
                             : AppendNumber(b, values[i], input, model_dtype));
  }
  const ValueId joined = parts.size() == 1 ? parts[0] : b.Op("Concat", parts, {{"axis", int64_t{1}}});
  TRY_STATUS(b.status());
  return joined;
}

Result<Tensor> IndexCategories(std::span<const std::string> categories, const Tensor& names) {
  TRY(Tensor indexes, Tensor::Create(DType::kI64, names.dims()));
  const auto texts = names.strings();
  const auto out = indexes.mutable_data<int64_t>();
  for (size_t i = 0; i < texts.size(); ++i) {
    const auto found = std::ranges::find(categories, texts[i]);
    out[i] = found == categories.end() ? -1 : found - categories.begin();
    if (out[i] >= 0 || texts[i].empty()) continue;
    const auto some = categories.first(std::min<size_t>(categories.size(), 10));
    return InvalidArgument(
        fmt::format("'{}' is none of {} classes", texts[i].substr(0, 64), categories.size()),
        fmt::format("{}{}", fmt::join(some, ", "), some.size() < categories.size() ? " ..." : ""));
  }
  return indexes;
}

Result<ValueId> AppendPreprocess(GraphBuilder& b, ValueId value, const SignatureInput& input,
                                 DType model_dtype) {
  const Preprocess& p = input.preprocess;
  if (IsFloat(model_dtype) && model_dtype != input.dtype)
    value = b.Op("Cast", {value}, {{"to", model_dtype}});
  if (p.scale != 1) value = b.Op("Mul", {value, b.Scalar(model_dtype, p.scale)});
  if (p.channels_first) {
    value = b.Op("Transpose", {value}, {{"perm", std::vector<int64_t>{0, 3, 1, 2}}});
  } else if (p.model_shape != input.shape) {
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
  const bool joined = signature.joined;
  if (found->body.params.size() != (joined ? 1 : signature.inputs.size()) || signature.inputs.empty() ||
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
  const auto check = [&](ValueId prepared, size_t i) -> Status {
    const Type& given = b.TypeOf(prepared);
    const Type& wanted = model.TypeOf(model.body.params[i]);
    bool fits = given.dtype == wanted.dtype && given.Rank() == wanted.Rank();
    for (size_t d = 1; fits && d < wanted.Rank(); ++d)
      fits = !wanted.shape[d].IsConstant() || wanted.shape[d] == given.shape[d];
    if (fits) return {};
    return InvalidArgument(
        fmt::format("{} of the signature gives {}; @{} takes {}",
                    joined ? "all inputs together" : fmt::format("input '{}'", signature.inputs[i].name),
                    given.ToString(), forward, wanted.ToString()));
  };
  std::vector<ValueId> arguments;
  if (joined) {
    std::vector<ValueId> columns;
    columns.reserve(signature.inputs.size());
    for (const SignatureInput& input : signature.inputs)
      columns.push_back(b.Input(input.name, Type::Tensor(input.dtype, {batch})));
    TRY(const ValueId prepared, AppendJoined(b, columns, signature, first.dtype));
    TRY_STATUS(check(prepared, 0));
    arguments.push_back(prepared);
  }
  for (size_t i = 0; !joined && i < signature.inputs.size(); ++i) {
    const SignatureInput& input = signature.inputs[i];
    const Type& wanted = model.TypeOf(model.body.params[i]);
    Shape shape{batch};
    shape.insert(shape.end(), input.shape.begin(), input.shape.end());
    TRY(const ValueId prepared,
        AppendPreprocess(b, b.Input(input.name, Type::Tensor(input.dtype, shape)), input, wanted.dtype));
    TRY_STATUS(check(prepared, i));
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
