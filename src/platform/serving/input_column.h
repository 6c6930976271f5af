// How an input of a model is filled from a data set: by the column of its name.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "engine/tensor/tensor.h"
#include "platform/data/dataset_version.h"

namespace sinter {

struct InputColumn {
  std::string input;
  DType dtype = DType::kUndefined;
  size_t column = 0;
  // Of a class: by the column's index what it is to the model, by its name; -1: it does not know that one.
  std::vector<int64_t> indexes;
};

// `only`: the model has no other input, and takes, where no column has its name, the first pictures or
// vectors. `categories`: of an input whose numbers are classes' indexes, their names. Numbers fit inputs of
// f32 and f64, classes inputs with categories, pictures and vectors those of their own dtype. Errors name
// both.
Result<InputColumn> FindInputColumn(const DatasetVersion& version, std::string_view input, DType dtype,
                                    std::span<const std::string> categories, bool only);

// Those rows of a split, in that order: [rows, ...].
Result<Tensor> ReadInput(const DatasetVersion& version, size_t split, const InputColumn& input,
                         std::span<const int64_t> rows);

}  // namespace sinter
