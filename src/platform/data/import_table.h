// CSV, TSV, JSON Lines and Parquet files into an immutable version of a data set.
#pragma once

#include <map>

#include "media/tables/table_file.h"
#include "platform/data/column_types.h"
#include "platform/data/import_idx.h"

namespace sinter {

struct TableSplit {
  std::string name;  // empty: its rows go to "train" and "test", by their hash
  std::vector<Path> files;
};

struct TableImport {
  std::vector<TableSplit> splits;  // either all with names, or one without
  // Of one without a name: what share of the rows is the test's. A row's place follows from the hash of its
  // key, or of all its cells but the label (RowHasher), so that rows that are added, or labelled anew, move
  // none.
  double test_share = 0.2;
  std::string key;    // a column; rows of one key stay together. Empty: none
  std::string label;  // a column; empty: the earlier version's, or one called label, class or target
  std::map<std::string, ColumnRequest> columns;  // by name; others are guessed
  int64_t sample = 0;                            // rows that types are guessed from, of the first; 0: all
  std::optional<DatasetInfo> earlier;            // of the data set's last version: types and classes stay
  TableFileOptions files;
};

// The files of a folder that are tables: NAME.csv is the split NAME where one is called train or test, else
// all are one split without a name. Or the files given, as one split.
Result<std::vector<TableSplit>> FindTableSplits(const std::vector<Path>& paths);

// Reads the files once for their types and once for each 64 columns, in bounded memory (a block a column, and
// what ColumnGuess keeps). The same input gives the same version. A CSV file must have the columns of the
// first one; of JSON Lines a column that a file lacks is missing there. Errors name the file, the line and
// the column. Stops once cancelled; what it put by then stays as blobs that no version names.
Result<ImportedDataset> ImportTables(BlobStore& store, const TableImport& import,
                                     const CancelToken& cancel = {},
                                     const std::function<void(const ImportProgress&)>& progress = {});

}  // namespace sinter
