// What a data set's version is made of.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "engine/tensor/dtype.h"

namespace sinter {

// A picture: [height, width] or [height, width, channels], rows from the top. A vector: any other numbers of
// a shape. A class: one integer a row, an index into `classes`. A number: i64 or f64, one a row. A text:
// UTF-8, of any length.
enum class ColumnKind { kPicture, kVector, kClass, kNumber, kText };
std::string_view ColumnKindName(ColumnKind kind);  // "picture", "vector", "class", "number", "text"

struct DatasetColumn {
  std::string name;  // letters, digits, '-' and '_', or (from v2 on) whatever a table's field is called
  ColumnKind kind = ColumnKind::kVector;
  DType dtype = DType::kU8;          // of a text: u8, of its bytes
  std::vector<int64_t> shape;        // of one row; empty but for pictures and vectors
  std::vector<std::string> classes;  // of a class: their names
  bool missing = false;              // rows may be without a value; never of pictures and vectors
  std::string file;                  // its name in files, plain and unique; NameFiles gives it
  bool remark = false;               // said about a row, no part of it: no feature unless it is asked for

  // Of one row's values; of a text, of its offset.
  uint64_t RowBytes() const;
  // Whether missing values are told by a file of their own. Those of f64 are NaN.
  bool HasMask() const { return missing && dtype != DType::kF64; }
  bool operator==(const DatasetColumn&) const = default;
};

struct DatasetSplit {
  std::string name;  // "train", "test"
  int64_t rows = 0;
  bool operator==(const DatasetSplit&) const = default;
};

// A version is the file dataset.json, which is this, and for each split and column
//   SPLIT/FILE.bin       the rows one after another, each row's elements little-endian, last index fastest,
//                        nothing between and nothing in front; of texts their bytes
//   SPLIT/FILE.offsets   of texts alone: where each begins, and where the last one ends; u64, rows + 1 of
//   them SPLIT/FILE.missing   where HasMask(): a byte a row, 1: no value (and a 0, or an empty text, in its
//   place)
// They are mapped and read in place.
struct DatasetInfo {
  std::vector<DatasetColumn> columns;
  std::vector<DatasetSplit> splits;
  std::string label;  // the column of classes that is to be predicted; empty: FindLabel
  bool operator==(const DatasetInfo&) const = default;
};
inline constexpr std::string_view kDatasetFile = "dataset.json";
std::string ColumnPath(std::string_view split, const DatasetColumn& column);
std::string OffsetsPath(std::string_view split, const DatasetColumn& column);
std::string MissingPath(std::string_view split, const DatasetColumn& column);

// Gives each column its name in files: its own where that is plain, else a plain one like it.
void NameFiles(std::vector<DatasetColumn>& columns);

// v1 says pictures, vectors and classes, none of them missing, of plain names; what needs no more is written
// so, that its version's id stays what it was:
// {"columns":[{"classes":["T-shirt", ...],"dtype":"u8","kind":"class","name":"label","shape":[]}, ...],
//  "format":"sinter.dataset.v1","splits":[{"name":"train","rows":60000}, ...]}
// v2 says more of each column ("file", "missing", and "remark" of one that is) and which is the label:
// {..., "format":"sinter.dataset.v2","label":"species", ...}
std::string DatasetText(const DatasetInfo& info);
// Bounded: 4,096 columns, 64 splits, 65,536 classes, 2^42 bytes a file.
Result<DatasetInfo> ParseDataset(std::string_view text);

}  // namespace sinter
