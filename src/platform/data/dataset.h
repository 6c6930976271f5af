// What a data set's version is made of.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "engine/tensor/dtype.h"

namespace sinter {

// A picture: [height, width] or [height, width, channels], rows from the top. A vector: any other numbers.
// A class: one integer a row, an index into `classes`.
enum class ColumnKind { kPicture, kVector, kClass };
std::string_view ColumnKindName(ColumnKind kind);  // "picture", "vector", "class"

struct DatasetColumn {
  std::string name;
  ColumnKind kind = ColumnKind::kVector;
  DType dtype = DType::kU8;
  std::vector<int64_t> shape;        // of one row; empty for a class
  std::vector<std::string> classes;  // of a class: their names
  uint64_t RowBytes() const;
  bool operator==(const DatasetColumn&) const = default;
};

struct DatasetSplit {
  std::string name;  // "train", "test"
  int64_t rows = 0;
  bool operator==(const DatasetSplit&) const = default;
};

// A version is the file dataset.json, which is this, and one file for each split and column:
// SPLIT/COLUMN.bin, the rows one after another, each row's elements little-endian, last index fastest,
// nothing between and nothing in front. They are mapped and read in place.
struct DatasetInfo {
  std::vector<DatasetColumn> columns;
  std::vector<DatasetSplit> splits;
  bool operator==(const DatasetInfo&) const = default;
};
inline constexpr std::string_view kDatasetFile = "dataset.json";
std::string ColumnPath(std::string_view split, std::string_view column);

// {"columns":[{"classes":["T-shirt", ...],"dtype":"u8","kind":"class","name":"label","shape":[]}, ...],
//  "format":"sinter.dataset.v1","splits":[{"name":"train","rows":60000}, ...]}
std::string DatasetText(const DatasetInfo& info);
// Bounded: 64 columns and splits, 65,536 classes, 2^42 bytes a file.
Result<DatasetInfo> ParseDataset(std::string_view text);

}  // namespace sinter
