// A model of the hub as data/ asks it.
#pragma once

#include <memory>

#include "engine/exec/executable.h"
#include "engine/signature/signature.h"
#include "platform/data/predictor.h"
#include "platform/serving/model_source.h"

namespace sinter {

class ModelPredictor final : public Predictor {
 public:
  // Compiles it. Errors: a model without a signature, one whose first output is no classes' probabilities.
  static Result<std::unique_ptr<ModelPredictor>> Create(LoadedModel model);
  const std::vector<std::string>& classes() const override { return signature_.classes; }
  const std::string& ref() const { return ref_; }
  // An input takes the column of its name; the only input of a model takes, where no column has its name, the
  // first pictures or vectors. Classes of a column are those of their names in the input.
  Result<std::vector<float>> Predict(const DatasetVersion& version, size_t split, int64_t begin,
                                     int64_t count) override;

 private:
  ModelPredictor() = default;
  Result<Tensor> InputOf(const SignatureInput& input, const DatasetVersion& version, size_t split,
                         int64_t begin, int64_t count) const;
  std::string ref_, function_;
  Signature signature_;
  std::shared_ptr<Executable> executable_;
  std::unique_ptr<Session> session_;
};

}  // namespace sinter
