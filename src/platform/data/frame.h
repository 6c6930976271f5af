// A version of a data set under change: rows kept or not, columns as they were or with values of their own.
#pragma once

#include <deque>
#include <functional>
#include <memory>
#include <vector>

#include "platform/data/dataset_version.h"
#include "platform/data/import_idx.h"

namespace sinter {

// Reads what did not change from the version, mapped; holds the cells of columns that did (some 40 bytes
// each, and their texts), and 16 bytes a row. One thread.
class Frame {
 public:
  struct Row {
    uint32_t split = 0;
    int64_t row = 0;  // of the version
  };
  explicit Frame(std::shared_ptr<const DatasetVersion> version);
  const std::vector<Row>& rows() const { return rows_; }
  size_t columns() const { return columns_.size(); }
  // What a column is; `missing` is found when it is written.
  const DatasetColumn& column(size_t c) const { return columns_[c].info; }
  std::vector<DatasetColumn> ColumnInfos() const;
  const std::string& SplitName(const Row& row) const { return version_->info().splits[row.split].name; }
  Result<size_t> Find(std::string_view name) const;
  // The label column, as FindLabel has it; columns() where there is none.
  size_t Label() const;
  void SetLabel(size_t c) { label_ = columns_[c].info.name; }  // of classes
  Cell At(size_t c, size_t index) const;
  // For Filter: the cells of the row `index`, its split's name behind the last column.
  std::function<Cell(size_t)> CellsOf(size_t index) const;

  size_t Add(DatasetColumn info);  // behind the others, all of its cells missing
  void Drop(size_t c);
  void Keep(const std::vector<bool>& kept);            // one for each row
  void SetColumn(size_t c, DatasetColumn info);        // what it is; the name and its cells stay
  void Set(size_t c, size_t index, const Cell& cell);  // copies texts

  // Puts the files that changed into the store and makes a version of them and of those that did not. `base`:
  // the manifest of the version. Errors: a cell that its column does not take, naming split, row and column;
  // nothing left.
  Result<ImportedDataset> Write(BlobStore& store, const Manifest& base) const;

 private:
  struct Column {
    DatasetColumn info;
    size_t source = 0;        // of the version
    bool own = false;         // its cells are in `cells`
    std::vector<Cell> cells;  // by the frame's rows
    std::deque<std::string> texts;
  };
  struct SplitRows {
    size_t begin = 0, end = 0;  // of rows_
    bool whole = false;         // none was left out
  };
  std::vector<SplitRows> Splits() const;
  Status WriteCells(BlobStore& store, const Column& column, const DatasetColumn& info,
                    const std::vector<SplitRows>& splits, std::vector<ManifestFile>& files) const;
  Status KeepFiles(const DatasetColumn& old, const DatasetColumn& info, const Manifest& base,
                   std::vector<ManifestFile>& files) const;
  Status CopyRows(BlobStore& store, const Column& column, const DatasetColumn& info,
                  const std::vector<SplitRows>& splits, const Manifest& base,
                  std::vector<ManifestFile>& files) const;

  std::shared_ptr<const DatasetVersion> version_;
  std::string label_;
  std::vector<Row> rows_;
  std::vector<Column> columns_;
};

}  // namespace sinter
