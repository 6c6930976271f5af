// A model of the hub, run over rows of a data set.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "engine/exec/executable.h"
#include "engine/signature/signature.h"
#include "platform/data/dataset_version.h"
#include "platform/serving/model_source.h"

namespace sinter {

// One thread.
class ModelRows {
 public:
  // Compiles it. kUnsupported for a model without a signature.
  static Result<std::unique_ptr<ModelRows>> Create(LoadedModel model);
  const Signature& signature() const { return signature_; }
  const std::string& ref() const { return ref_; }
  // The signature's outputs of rows begin to begin + count of a split, in its order, each with the rows
  // first; until the next call. An input takes the column of its name; the only input of a model takes, where
  // no column has its name, the first pictures or vectors. Classes of a column are those of their names in
  // the input. Errors: the version has not what the model takes, saying what.
  Result<std::vector<Tensor>> Run(const DatasetVersion& version, size_t split, int64_t begin, int64_t count);

 private:
  ModelRows() = default;
  Result<Tensor> InputOf(const SignatureInput& input, const DatasetVersion& version, size_t split,
                         int64_t begin, int64_t count) const;
  std::string ref_, function_;
  Signature signature_;
  std::shared_ptr<Executable> executable_;
  std::unique_ptr<Session> session_;
};

}  // namespace sinter
