// What is in a data set: counts, ranges, duplicates, samples.
#pragma once

#include <array>
#include <functional>

#include "base/cancel.h"
#include "platform/data/dataset_version.h"
#include "platform/data/personal.h"

namespace sinter {

// Over all elements of a column. Population figures: the deviation divides by the count.
struct NumberProfile {
  double least = 0, most = 0, mean = 0, deviation = 0;
  int64_t not_finite = 0;  // NaN and infinities; the figures leave them out
};

// At kQuantiles of the values, missing ones left out: linear between neighbours (R's type 7).
inline constexpr double kQuantiles[] = {0.01, 0.05, 0.25, 0.5, 0.75, 0.95, 0.99};

struct ColumnProfile {
  NumberProfile numbers;          // of a class, of its indexes; of a text, of its lengths in characters
  std::vector<double> quantiles;  // of numbers, and of texts' lengths; else empty
  int64_t missing = 0;            // rows without a value
  std::vector<int64_t> classes;   // of a class: rows of each
  // Of texts, classes and whole numbers: values in which each kind of personal data stands.
  std::array<int64_t, kPersonalKinds> personal{};
  int64_t distinct = -1;  // different values of a number or text; -1: not counted (over 2^20)
};

// What is wrong with a pair of rows. A row's features are its pictures and vectors, else all its columns but
// the label (FeatureColumns).
struct RowPair {
  std::string first_split, split;
  int64_t first_row = 0, row = 0;
};

struct SplitProfile {
  std::string name;
  int64_t rows = 0;
  std::vector<ColumnProfile> columns;
  std::vector<int64_t> class_counts;  // of the label column; empty without one
  // Rows whose features are those of an earlier row: of the same split, and of a split before (a leak: the
  // test knows what was trained on).
  int64_t duplicates = 0;
  int64_t in_earlier_splits = 0;
  int64_t contradictions = 0;  // among those, of another class
  // Rows that are almost an earlier one, and none of the above (NearDuplicates says what almost is).
  int64_t near_duplicates = 0;
  int64_t near_in_earlier_splits = 0;
};

struct DatasetProfile {
  std::vector<SplitProfile> splits;
  std::vector<RowPair> examples;       // of duplicates, at most 20
  std::vector<RowPair> near_examples;  // at most 20
  std::string near_method;             // in a sentence; empty: nothing was looked for
  int64_t near_rows = 0;               // among the first so many rows of all splits
};

// Memory: some 100 bytes a row, 8 more while quantiles are found, and what NearDuplicates keeps.
Result<DatasetProfile> ProfileDataset(const DatasetVersion& version, const CancelToken& cancel = {},
                                      const std::function<void(int64_t done, int64_t rows)>& progress = {});
// JSON, with the columns' names, types and classes from the data set's description.
std::string ProfileText(const DatasetInfo& info, const DatasetProfile& profile);

struct GridOptions {
  int per_class = 10;  // 1 to 100
  int64_t only = -1;   // one class; -1: all (at most 256)
  uint64_t seed = 0;   // the same seed shows the same samples
};
// A PNG: a row of samples for each class, in the classes' order; one row where there are none. The features
// must be pictures of u8.
Result<std::string> SampleGrid(const DatasetVersion& version, size_t split, const GridOptions& options = {});
// The same of one row, alone.
Result<std::string> RowPicture(const DatasetVersion& version, size_t split, int64_t row);

}  // namespace sinter
