// What a table's columns become: as asked for, or as their cells show.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <unordered_set>
#include <vector>

#include "platform/data/cell.h"
#include "platform/data/dataset.h"

namespace sinter {

// What `--column NAME=TYPE` asks for.
struct ColumnRequest {
  enum class Type : uint8_t { kGuess, kDrop, kNumber, kI64, kF64, kClass, kText };
  Type type = Type::kGuess;
  std::vector<std::string> classes;  // of kClass: in their order; empty: those found, sorted
};
// "number", "i64", "f64", "class", "class:red|green|blue", "text", "drop".
Result<ColumnRequest> ParseColumnRequest(std::string_view text);

// Looks at a column's cells, one after another. Memory is bounded: distinct values are kept up to 65,536 of
// them, or 16 MB.
class ColumnGuess {
 public:
  void Add(const Cell& cell);
  // The column that fits all cells seen. Without a request: a number where every value is one (i64 where all
  // are whole), a class where there are at most 256 distinct values, each standing twice or more on average
  // and none longer than 64 bytes, else a text. "NA" and its like are no value of a number or class. The
  // label is a class whatever it holds. `earlier`: the same column in the data set's last version; a class
  // keeps its classes' order, and new ones come after them. Errors: more classes than there may be.
  Result<DatasetColumn> Column(const std::string& name, const ColumnRequest& request, bool is_label,
                               const DatasetColumn* earlier) const;
  int64_t rows() const { return rows_; }

 private:
  Result<DatasetColumn> Class(const std::string& name, const ColumnRequest& request,
                              const DatasetColumn* earlier) const;
  int64_t rows_ = 0, missing_ = 0;
  // Texts such as "NA", which are missing in numbers; those of them that are missing in classes too.
  int64_t marks_ = 0, class_marks_ = 0;
  int64_t wholes_ = 0, numbers_ = 0;  // cells that write one; a whole number is both
  size_t longest_ = 0, distinct_bytes_ = 0;
  bool overflow_ = false;                     // more distinct values than are kept
  std::unordered_set<std::string> distinct_;  // but for the class marks
};

}  // namespace sinter
