// Single records followed from one version of a data set to others, by what they say.
#pragma once

#include <functional>
#include <map>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <vector>

#include "base/cancel.h"
#include "platform/data/dataset_version.h"
#include "platform/data/filter.h"
#include "platform/data/near_duplicates.h"

namespace sinter {

// Whoever asks for more wants a filter, no search for records.
inline constexpr size_t kMostRecords = 10'000;

// Either rows that a condition chooses, or the one row of a split.
struct RecordChoice {
  std::optional<Filter> where;
  std::string split;  // of `row`; empty: train, else the first
  int64_t row = -1;
};

// A row of a version, for people.
struct NamedRow {
  std::string split;
  int64_t row = 0;
  bool operator==(const NamedRow&) const = default;
};

// Where another version says the same.
struct RecordMatch {
  std::vector<std::string> compared;  // columns
  int64_t rows = 0;                   // that are the records
  int64_t possible = 0;               // that agree with them, and may be others
  bool too_little = false;            // fewer than half of the columns could be compared: nothing is said
  std::vector<NamedRow> examples;     // of both, at most 20
};

// Records of one version. A record is what a row says in `columns`: in all columns but remarks and the label,
// whose corrections make no other record of it; in all columns but remarks where a row that was not chosen
// says the same but for its label. Cells are compared as RowHasher has them, so a column's type makes no
// difference; pictures, vectors and sounds are compared by their bytes as they are kept. Rows that say the
// same are one record, whatever their split.
//
// In another version a row is taken for the record where it agrees in those of the columns that both versions
// have, at least half of them, and says something there. It is only a possible one where another row of the
// record's own version agrees as well. A record of which a cell was changed is therefore found only where the
// caller knows the column and leaves it aside.
//
// Holds digests, not cells: some 100 bytes a record, whatever the number of rows. One thread.
class RecordTrace {
 public:
  // Nothing that fits the condition is no error. Errors: the choice fits no column, or no row is there; more
  // than kMostRecords rows.
  static Result<RecordTrace> Find(std::shared_ptr<const DatasetVersion> version, const RecordChoice& choice,
                                  const CancelToken& cancel = {});
  const std::vector<std::string>& columns() const { return columns_; }
  // RowHasher's, over columns(): in order, each once.
  const std::set<Sha256Digest>& records() const { return records_; }
  // Rows of the version that say them: those that were chosen, and those that say the same.
  int64_t rows() const { return static_cast<int64_t>(rows_.size()); }
  int64_t chosen() const { return chosen_; }

  // `aside`: columns that are not compared. One pass over the rows; one more over those of the records' own
  // version where other columns are compared than before.
  Result<RecordMatch> In(const DatasetVersion& other, std::span<const std::string> aside,
                         const CancelToken& cancel = {});

 private:
  // What the records say in some of the columns.
  struct Projection {
    std::map<Sha256Digest, bool> records;  // and whether no other row says it
    std::string lead;                      // one of the columns, in which few rows agree with a record
    std::set<Sha256Digest> values;         // that the records have there
  };
  RecordTrace() = default;
  Status Choose(const RecordChoice& choice, const CancelToken& cancel);
  Status Identify(const CancelToken& cancel);
  bool Holds(const RowPlace& place) const;  // one of rows_
  Projection Project(const std::vector<std::string>& columns) const;
  Result<const Projection*> Known(const std::vector<std::string>& columns, const CancelToken& cancel);
  // The rows of a version that say in the columns what a record says.
  static Status ForEachSame(const DatasetVersion& version, const std::vector<std::string>& columns,
                            const Projection& projection, const CancelToken& cancel,
                            const std::function<Status(const RowPlace&, const Sha256Digest&)>& visit);

  std::shared_ptr<const DatasetVersion> version_;
  std::vector<std::string> columns_;
  std::set<Sha256Digest> records_;
  std::vector<RowPlace> rows_;  // in order
  int64_t chosen_ = 0;
  std::map<std::vector<std::string>, Projection> projections_;
};

}  // namespace sinter
