// What differs between two versions of a data set.
#pragma once

#include <functional>

#include "base/cancel.h"
#include "base/json.h"
#include "platform/data/dataset_version.h"

namespace sinter {

struct RowChange {
  std::string what;  // "added", "removed", "changed", "moved"
  std::string key;   // of a diff by key
  std::string split, before_split;
  int64_t row = -1, before_row = -1;
  std::vector<std::string> columns;  // of "changed": in which the values differ
};

struct DatasetDiff {
  struct SplitCount {
    std::string name;
    int64_t before = 0, after = 0;
    std::vector<std::pair<std::string, std::pair<int64_t, int64_t>>> classes;  // of the label
  };
  std::vector<std::string> added_columns, removed_columns;
  std::vector<std::string> changed_columns;  // "size: number i64 -> number f64"
  std::vector<SplitCount> splits;
  int64_t same = 0, added = 0, removed = 0;
  int64_t changed = 0;              // of a diff by key: the key is in both, other values are not
  int64_t moved = 0;                // the same, in another split; among `same`, or among `changed`
  std::vector<RowChange> examples;  // at most 50
};

// Rows are the same where all columns that both versions have hold the same (RowHasher), as often as they do;
// with a `key`, a column of both without missing or equal values, rows of one key are one row. Memory: some
// 150 bytes a row. Errors: a key that is none, no column in common.
Result<DatasetDiff> DiffDatasets(const DatasetVersion& before, const DatasetVersion& after,
                                 std::string_view key, const CancelToken& cancel = {});
Json DiffJson(const DatasetDiff& diff);

}  // namespace sinter
