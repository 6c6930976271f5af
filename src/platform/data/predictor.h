// A model as data/ sees it. platform/serving implements it.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/result.h"
#include "platform/data/dataset_version.h"

namespace sinter {

// One thread.
class Predictor {
 public:
  virtual ~Predictor() = default;
  virtual const std::vector<std::string>& classes() const = 0;
  // Probabilities of rows begin to begin + count of a split, count * classes() of them. Errors: the version
  // has not what the model takes, saying what.
  virtual Result<std::vector<float>> Predict(const DatasetVersion& version, size_t split, int64_t begin,
                                             int64_t count) = 0;
};

}  // namespace sinter
