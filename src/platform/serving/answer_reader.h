// What a model's numbers say: a class and how sure it is; whether they are numbers at all.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "engine/tensor/tensor.h"
#include "platform/serving/model_interface.h"

namespace sinter {

struct ClassAnswer {
  int64_t index = -1;  // -1: no class, or one that the signature does not have
  double confidence = 0;
};

// Made once from a signature; any thread reads.
struct AnswerReader {
  int output = -1;  // the one that holds scores by class, or the class itself; -1: the model has no classes
  bool scores = true;
  bool probabilities = false;  // scores that add up to 1 already
  std::vector<std::string> classes;

  // A classifier's: a float output whose last size is the number of the signature's classes, or an integer
  // one.
  static AnswerReader Of(std::string_view signature, const ModelInterface& model);
  bool classifies() const { return output >= 0; }
  // Of one row. A NaN among the scores, or a tensor of another size: no class.
  ClassAnswer Read(std::span<const Tensor> outputs, int64_t row, int64_t rows) const;
};

// No NaN and no infinity; what is no float always is.
bool AllFinite(const Tensor& tensor);

// Largest |a - b| of two float tensors of equal dims over the largest |a|; 0 where both are equal or no
// floats.
double RelativeDifference(const Tensor& a, const Tensor& b);

}  // namespace sinter
