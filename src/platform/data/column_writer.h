// One column of one split on its way into the store.
#pragma once

#include <optional>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "platform/data/cell.h"
#include "platform/data/dataset.h"
#include "platform/hub/manifest.h"

namespace sinter {

// Whether the cell is no value in the column: none at all; "NA" and its like (cell.h) in numbers, and in
// classes where no class is called so. A text is what is written.
bool IsMissingIn(const DatasetColumn& column, const Cell& cell);

// Turns cells into what a column holds: the one place where they are converted. One thread.
class CellConverter {
 public:
  // A class's names are looked up in column.classes. The column outlives it.
  explicit CellConverter(const DatasetColumn& column);
  struct Value {
    bool missing = false;
    int64_t whole = 0;      // of i64, and of a class its index
    double number = 0;      // of f64
    std::string_view text;  // valid until the next call, or while the cell's is
  };
  // kInvalidArgument, saying what the cell is and what the column takes.
  Result<Value> Convert(const Cell& cell);

 private:
  const DatasetColumn& column_;
  std::unordered_map<std::string_view, int64_t> classes_;
  std::string text_;
};

// Writes the column's files; at most a block of each is in memory. Nothing stays without Finish. One thread.
class ColumnWriter {
 public:
  // Columns of kind number, class and text; `may_miss`: cells may be missing.
  static Result<ColumnWriter> Open(BlobStore& store, const DatasetColumn& column, bool may_miss);
  Status Add(const CellConverter::Value& value);
  bool any_missing() const { return any_missing_; }
  // Commits the files and appends them to `files`, by the names that `column`, now final, has in `split`. Its
  // mask is written where column.HasMask().
  Status Finish(std::string_view split, const DatasetColumn& column, std::vector<ManifestFile>& files);

 private:
  struct File {
    explicit File(BlobWriter w) : writer(std::move(w)) {}
    BlobWriter writer;
    std::vector<std::byte> block;
    Status Write(const void* bytes, size_t size);
    Result<BlobInfo> Commit();
  };
  ColumnWriter() = default;
  ColumnKind kind_ = ColumnKind::kNumber;
  DType dtype_ = DType::kF64;
  std::optional<File> values_, offsets_, missing_;
  uint64_t bytes_ = 0;  // of texts
  bool any_missing_ = false;
};

}  // namespace sinter
