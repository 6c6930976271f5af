// A model of the hub as data/ asks it.
#pragma once

#include <memory>

#include "platform/data/predictor.h"
#include "platform/serving/model_rows.h"

namespace sinter {

class ModelPredictor final : public Predictor {
 public:
  // Compiles it. Errors: a model without a signature, one whose first output is no classes' probabilities.
  static Result<std::unique_ptr<ModelPredictor>> Create(LoadedModel model);
  static Result<std::unique_ptr<ModelPredictor>> Create(std::unique_ptr<ModelRows> rows);
  // Whether the first output is a number for each of the signature's classes.
  static bool GivesClasses(const Signature& signature);
  const std::vector<std::string>& classes() const override { return rows_->signature().classes; }
  const std::string& ref() const { return rows_->ref(); }
  // As ModelRows::Run.
  Result<std::vector<float>> Predict(const DatasetVersion& version, size_t split, int64_t begin,
                                     int64_t count) override;

 private:
  explicit ModelPredictor(std::unique_ptr<ModelRows> rows) : rows_(std::move(rows)) {}
  std::unique_ptr<ModelRows> rows_;
};

}  // namespace sinter
