// What a recipe trains on, out of a version of a data set.
#pragma once

#include "platform/data/dataset_version.h"
#include "training/trainer/array_source.h"
#include "training/trainer/program.h"

namespace sinter {

struct TrainData {
  ArrayData arrays;
  ExampleSpec examples;
  std::string predicts;  // of a table, for people: "species from 6 columns"
};

// `recipe.dataset` is named where it has no label. The pictures or vectors, mapped; or, of a table and where
// the recipe names features, its columns, read.
Result<TrainData> ReadTrainData(const std::shared_ptr<const DatasetVersion>& version, const Recipe& recipe);

}  // namespace sinter
