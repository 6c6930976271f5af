// The rows of a table as a model learns from them.
#pragma once

#include <string>
#include <vector>

#include "platform/data/dataset_version.h"

namespace sinter {

// The columns that a row is known by: the pictures and vectors, where there are any (what else stands beside
// them, a file's name or its sha256, tells where a row came from), else all but the label and remarks.
std::vector<size_t> FeatureColumns(const std::vector<DatasetColumn>& columns, size_t label);

// One column of numbers or classes. The figures are the training split's: missing values left out, the
// deviation divided by the count, and 1 where all values are equal or none is there.
struct FeatureInfo {
  std::string name;
  std::vector<std::string> classes;  // of a class; empty: a number
  double mean = 0, deviation = 1;
};

struct FeatureRows {
  std::vector<double> values;  // rows * features; NaN: a missing number; a class is its index, -1: missing
  std::vector<int64_t> labels;
  int64_t left_out = 0;  // rows without a label
};

struct FeatureTable {
  std::vector<FeatureInfo> features;
  std::vector<std::string> classes;  // of the label
  FeatureRows train, test;
};

// `names`: columns of kind number and class; empty: all of them but the label and remarks, in the data set's
// order.
// Memory: 8 bytes a value. Errors: no label, no such column or one of another kind, the label among the
// features, a training split without a labelled row.
Result<FeatureTable> ReadFeatures(const DatasetVersion& version, const std::vector<std::string>& names,
                                  std::string_view train, std::string_view test);

}  // namespace sinter
