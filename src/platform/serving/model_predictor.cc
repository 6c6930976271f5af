#include "platform/serving/model_predictor.h"

#include <fmt/format.h>

namespace sinter {

Result<std::unique_ptr<ModelPredictor>> ModelPredictor::Create(LoadedModel model) {
  TRY(auto rows, ModelRows::Create(std::move(model)));
  return Create(std::move(rows));
}

Result<std::unique_ptr<ModelPredictor>> ModelPredictor::Create(std::unique_ptr<ModelRows> rows) {
  if (!GivesClasses(rows->signature()))
    return Unsupported(fmt::format("model {} gives no probabilities of classes", rows->ref()));
  return std::unique_ptr<ModelPredictor>(new ModelPredictor(std::move(rows)));
}

bool ModelPredictor::GivesClasses(const Signature& signature) {
  const auto classes = static_cast<int64_t>(signature.classes.size());
  return classes > 0 && !signature.outputs.empty() && signature.outputs[0].shape == std::vector{classes};
}

Result<std::vector<float>> ModelPredictor::Predict(const DatasetVersion& version, size_t split, int64_t begin,
                                                   int64_t count) {
  TRY(const std::vector<Tensor> outputs, rows_->Run(version, split, begin, count));
  const Tensor& probabilities = outputs[0];
  std::vector<float> out(static_cast<size_t>(probabilities.elements()));
  for (size_t i = 0; i < out.size(); ++i)
    out[i] = static_cast<float>(probabilities.AsDouble(static_cast<int64_t>(i)));
  return out;
}

}  // namespace sinter
