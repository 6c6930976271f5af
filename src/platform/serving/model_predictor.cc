#include "platform/serving/model_predictor.h"

#include <numeric>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "platform/serving/input_column.h"

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

Result<Tensor> ModelPredictor::InputOf(const SignatureInput& input, const DatasetVersion& version,
                                       size_t split, int64_t begin, int64_t count) const {
  const bool only = signature_.inputs.size() == 1;
  auto found = FindInputColumn(version, input.name, input.dtype, input.preprocess.categories, only);
  if (!found) return std::move(found).error().In(fmt::format("model {}", ref_));
  const DatasetColumn& column = version.info().columns[found->column];
  if (column.shape != input.shape) {
    return InvalidArgument(fmt::format("input '{}' of model {} is {}[{}]; column '{}' is a {} of {}[{}]",
                                       input.name, ref_, DTypeName(input.dtype), fmt::join(input.shape, ","),
                                       column.name, ColumnKindName(column.kind), DTypeName(column.dtype),
                                       fmt::join(column.shape, ",")));
  }
  std::vector<int64_t> rows(static_cast<size_t>(count));
  std::iota(rows.begin(), rows.end(), begin);
  return ReadInput(version, split, *found, rows);
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
