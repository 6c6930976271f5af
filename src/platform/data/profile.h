// What is in a data set: counts, ranges, duplicates, samples.
#pragma once

#include <functional>

#include "base/cancel.h"
#include "platform/data/dataset_version.h"

namespace sinter {

// Over all elements of a column. Population figures: the deviation divides by the count.
struct NumberProfile {
  double least = 0, most = 0, mean = 0, deviation = 0;
  int64_t not_finite = 0;  // NaN and infinities; the figures leave them out
};

struct DuplicatePair {
  std::string first_split, split;
  int64_t first_row = 0, row = 0;
};

struct SplitProfile {
  std::string name;
  int64_t rows = 0;
  std::vector<NumberProfile> numbers;  // one for each column; of a class, of its indexes
  std::vector<int64_t> class_counts;   // of the label column; empty without one
  // Rows whose features are, byte for byte, those of an earlier row: of the same split, and of a split
  // before.
  int64_t duplicates = 0;
  int64_t in_earlier_splits = 0;
  int64_t contradictions = 0;  // among those, of another class
};

struct DatasetProfile {
  std::vector<SplitProfile> splits;
  std::vector<DuplicatePair> examples;  // of duplicates, at most 20
};

// Memory: some 100 bytes a row.
Result<DatasetProfile> ProfileDataset(const DatasetVersion& version, const CancelToken& cancel = {},
                                      const std::function<void(int64_t done, int64_t rows)>& progress = {});
// JSON, with the columns' names, types and classes from the data set's description.
std::string ProfileText(const DatasetInfo& info, const DatasetProfile& profile);

struct GridOptions {
  int per_class = 10;  // 1 to 100
  int64_t only = -1;   // one class; -1: all (at most 256)
  uint64_t seed = 0;   // the same seed shows the same samples
};
// A PNG: a row of samples for each class, in the classes' order. The features must be pictures of u8.
Result<std::string> SampleGrid(const DatasetVersion& version, size_t split, const GridOptions& options = {});

}  // namespace sinter
