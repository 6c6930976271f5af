#include "platform/serving/model_predictor.h"

#include <algorithm>
#include <cstring>

#include <fmt/format.h>
#include <fmt/ranges.h>

namespace sinter {

Result<std::unique_ptr<ModelPredictor>> ModelPredictor::Create(LoadedModel model) {
  if (model.signature.empty())
    return Unsupported(
        fmt::format("model {} has no signature: nothing says what its classes are", model.ref));
  std::unique_ptr<ModelPredictor> made(new ModelPredictor);
  TRY(made->signature_, ParseSignature(model.signature));
  const Signature& signature = made->signature_;
  const auto classes = static_cast<int64_t>(signature.classes.size());
  if (classes == 0 || signature.outputs.empty() || signature.outputs[0].shape != std::vector{classes})
    return Unsupported(fmt::format("model {} gives no probabilities of classes", model.ref));
  made->ref_ = model.ref;
  made->function_ = model.function;
  TRY(made->executable_, Executable::Compile(std::move(model.module), {.functions = {made->function_}}));
  TRY(made->session_, made->executable_->OpenSession());
  return made;
}

namespace {

// One number or class a row, of a table.
Result<Tensor> ScalarsOf(const SignatureInput& input, const DatasetVersion& version, size_t split, size_t c,
                         int64_t begin, int64_t count) {
  const DatasetColumn& column = version.info().columns[c];
  const auto& categories = input.preprocess.categories;
  const bool fits = categories.empty() ? column.kind == ColumnKind::kNumber && input.dtype == DType::kF64
                                       : column.kind == ColumnKind::kClass && input.dtype == DType::kI64;
  if (!fits) {
    return InvalidArgument(fmt::format("input '{}' is a {}; column '{}' is a {}", input.name,
                                       categories.empty() ? "number" : "class", column.name,
                                       ColumnKindName(column.kind)));
  }
  TRY(Tensor tensor, Tensor::Create(input.dtype, {count}));
  std::vector<int64_t> indexes;  // by the column's class
  indexes.reserve(column.classes.size());
  for (const std::string& name : column.classes) {
    const auto found = std::ranges::find(categories, name);
    indexes.push_back(found == categories.end() ? -1 : found - categories.begin());
  }
  for (int64_t i = 0; i < count; ++i) {
    const auto at = static_cast<size_t>(i);
    if (categories.empty()) {
      tensor.mutable_data<double>()[at] = version.Number(split, c, begin + i);
      continue;
    }
    const int64_t known = version.Class(split, c, begin + i);
    tensor.mutable_data<int64_t>()[at] = known < 0 ? -1 : indexes[static_cast<size_t>(known)];
  }
  return tensor;
}

}  // namespace

Result<Tensor> ModelPredictor::InputOf(const SignatureInput& input, const DatasetVersion& version,
                                       size_t split, int64_t begin, int64_t count) const {
  auto found = version.ColumnIndex(input.name);
  if (!found && signature_.inputs.size() == 1) found = version.FeatureColumn();
  if (!found) return std::move(found).error().In(fmt::format("input '{}' of model {}", input.name, ref_));
  const DatasetColumn& column = version.info().columns[*found];
  if (input.shape.empty()) return ScalarsOf(input, version, split, *found, begin, count);
  if (column.kind == ColumnKind::kText || column.dtype != input.dtype || column.shape != input.shape) {
    return InvalidArgument(fmt::format("input '{}' of model {} is {}[{}]; column '{}' is a {} of {}[{}]",
                                       input.name, ref_, DTypeName(input.dtype), fmt::join(input.shape, ","),
                                       column.name, ColumnKindName(column.kind), DTypeName(column.dtype),
                                       fmt::join(column.shape, ",")));
  }
  Dims dims = column.shape;
  dims.insert(dims.begin(), count);
  TRY(Tensor tensor, Tensor::Create(column.dtype, dims));
  const size_t row_bytes = column.RowBytes();
  const auto bytes =
      version.Bytes(split, *found)
          .subspan(static_cast<size_t>(begin) * row_bytes, static_cast<size_t>(count) * row_bytes);
  if (!bytes.empty()) std::memcpy(tensor.mutable_raw(), bytes.data(), bytes.size());
  return tensor;
}

Result<std::vector<float>> ModelPredictor::Predict(const DatasetVersion& version, size_t split, int64_t begin,
                                                   int64_t count) {
  std::vector<Tensor> inputs;
  for (const SignatureInput& input : signature_.inputs) {
    TRY(inputs.emplace_back(), InputOf(input, version, split, begin, count));
  }
  TRY(const auto results, session_->Run(function_, inputs));
  const Tensor& probabilities = results[0].tensor();
  std::vector<float> out(static_cast<size_t>(probabilities.elements()));
  for (size_t i = 0; i < out.size(); ++i)
    out[i] = static_cast<float>(probabilities.AsDouble(static_cast<int64_t>(i)));
  return out;
}

}  // namespace sinter
