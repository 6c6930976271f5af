// A data set's version, opened for reading: its columns as mapped bytes, nothing copied.
#pragma once

#include <memory>
#include <optional>
#include <span>

#include "platform/data/cell.h"
#include "platform/data/dataset.h"
#include "platform/hub/manifest.h"

namespace sinter {

// The column that is to be predicted: the one that the data set calls its label; where it names none, beside
// pictures, sounds or vectors the first that holds classes. Which of a table's columns it is, is not guessed:
// a model of another column than was meant looks as good as any. None too where that column holds no classes.
std::optional<size_t> FindLabel(std::span<const DatasetColumn> columns, std::string_view label);

// Immutable; any thread. It holds the mappings, so spans live as long as it does.
class DatasetVersion {
 public:
  // Checks that every file is there and as long as its rows say, every class in range, every text of UTF-8
  // and where its offsets say.
  static Result<std::shared_ptr<const DatasetVersion>> Open(const BlobSource& blobs,
                                                            const Sha256Digest& version);

  const Sha256Digest& id() const { return id_; }
  const DatasetInfo& info() const { return info_; }
  // Index of the split or column; errors list what there is.
  Result<size_t> SplitIndex(std::string_view name) const;
  Result<size_t> ColumnIndex(std::string_view name) const;
  // As FindLabel has it; the first that holds pictures or vectors. kUnsupported where there is none.
  Result<size_t> LabelColumn() const;
  Result<size_t> FeatureColumn() const;

  int64_t Rows(size_t split) const { return info_.splits[split].rows; }
  // All rows of a column: rows * RowBytes() bytes, little-endian; of a text, the bytes of all.
  std::span<const std::byte> Bytes(size_t split, size_t column) const;
  // Of any kind but text.
  std::span<const std::byte> Row(size_t split, size_t column, int64_t row) const;
  bool Missing(size_t split, size_t column, int64_t row) const;
  // The class of a row, of a column of kind class: 0 .. classes - 1; -1 where it is missing.
  int64_t Class(size_t split, size_t column, int64_t row) const;
  double Number(size_t split, size_t column, int64_t row) const;  // of kind number; NaN where it is missing
  std::string_view Text(size_t split, size_t column, int64_t row) const;  // of kind text
  // Of a class its name; of a picture or vector its bytes.
  Cell CellAt(size_t split, size_t column, int64_t row) const;

 private:
  DatasetVersion() = default;
  struct Files {
    std::shared_ptr<const MappedFile> values, offsets, missing;
  };
  Result<std::shared_ptr<const MappedFile>> OpenFile(const BlobSource& blobs, const Manifest& manifest,
                                                     const std::string& path, uint64_t rows,
                                                     std::optional<uint64_t> bytes) const;
  Status CheckColumn(size_t split, size_t column) const;
  const Files& FilesOf(size_t split, size_t column) const {
    return files_[split * info_.columns.size() + column];
  }
  Sha256Digest id_;
  DatasetInfo info_;
  std::vector<Files> files_;  // split * columns + column
};

}  // namespace sinter
