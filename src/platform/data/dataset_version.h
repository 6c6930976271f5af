// A data set's version, opened for reading: its columns as mapped bytes, nothing copied.
#pragma once

#include <memory>
#include <span>

#include "platform/data/dataset.h"
#include "platform/hub/manifest.h"

namespace sinter {

// Immutable; any thread. It holds the mappings, so spans live as long as it does.
class DatasetVersion {
 public:
  // Checks that every file is there and as long as its rows say, and every class in range.
  static Result<std::shared_ptr<const DatasetVersion>> Open(const BlobSource& blobs,
                                                            const Sha256Digest& version);

  const Sha256Digest& id() const { return id_; }
  const DatasetInfo& info() const { return info_; }
  // Index of the split or column; errors list what there is.
  Result<size_t> SplitIndex(std::string_view name) const;
  Result<size_t> ColumnIndex(std::string_view name) const;
  // The first column that holds classes, and the first that does not; kUnsupported where there is none.
  Result<size_t> LabelColumn() const;
  Result<size_t> FeatureColumn() const;

  int64_t Rows(size_t split) const { return info_.splits[split].rows; }
  // All rows of a column: rows * RowBytes() bytes, little-endian.
  std::span<const std::byte> Bytes(size_t split, size_t column) const;
  std::span<const std::byte> Row(size_t split, size_t column, int64_t row) const;
  // The class of a row, of a column of kind class: 0 .. classes - 1.
  int64_t Class(size_t split, size_t column, int64_t row) const;

 private:
  DatasetVersion() = default;
  Status CheckClasses() const;
  Sha256Digest id_;
  DatasetInfo info_;
  std::vector<std::shared_ptr<const MappedFile>> files_;  // split * columns + column
};

}  // namespace sinter
