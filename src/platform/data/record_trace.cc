#include "platform/data/record_trace.h"

#include <algorithm>
#include <functional>
#include <tuple>

#include <fmt/format.h>

namespace sinter {
namespace {

constexpr size_t kExamples = 20;

// Rows of a version as digests of some of its columns.
class RowDigests {
 public:
  RowDigests(const DatasetVersion& version, const std::vector<std::string>& names)
      : version_(version), hasher_(names) {
    columns_.reserve(names.size());
    for (const std::string& name : names) columns_.push_back(*version.ColumnIndex(name));
  }
  Sha256Digest Of(const RowPlace& place) {
    hasher_.Begin();
    said_ = false;
    for (size_t i = 0; i < columns_.size(); ++i) {
      const Cell cell = version_.CellAt(place.split, columns_[i], place.row);
      said_ = said_ || cell.kind != Cell::Kind::kMissing;
      hasher_.Add(i, cell);
    }
    return last_ = hasher_.Finish();
  }
  const Sha256Digest& last() const { return last_; }
  // Whether the row that was digested last says anything there.
  bool said() const { return said_; }

 private:
  const DatasetVersion& version_;
  RowHasher hasher_;
  std::vector<size_t> columns_;
  bool said_ = false;
  Sha256Digest last_;
};

Status ForEachRow(const DatasetVersion& version, const CancelToken& cancel,
                  const std::function<Status(const RowPlace&)>& visit) {
  for (size_t s = 0; s < version.info().splits.size(); ++s) {
    for (int64_t row = 0; row < version.Rows(s); ++row) {
      if (row % 4096 == 0 && cancel.Cancelled())
        return Error{ErrorCode::kCancelled, "the search for records was stopped", ""};
      TRY_STATUS(visit(RowPlace{static_cast<uint32_t>(s), row}));
    }
  }
  return {};
}

bool Before(const RowPlace& a, const RowPlace& b) {
  return std::tie(a.split, a.row) < std::tie(b.split, b.row);
}

Result<RowPlace> PlaceOf(const DatasetVersion& version, const RecordChoice& choice) {
  std::string split = choice.split;
  if (split.empty()) split = version.SplitIndex("train") ? "train" : version.info().splits.at(0).name;
  TRY(const size_t s, version.SplitIndex(split));
  if (choice.row < 0 || choice.row >= version.Rows(s))
    return NotFound(fmt::format("there is no row {} in the split {}", choice.row, split),
                    fmt::format("it has {} rows, the first is 0", version.Rows(s)));
  return RowPlace{static_cast<uint32_t>(s), choice.row};
}

}  // namespace

Result<RecordTrace> RecordTrace::Find(std::shared_ptr<const DatasetVersion> version,
                                      const RecordChoice& choice, const CancelToken& cancel) {
  RecordTrace trace;
  trace.version_ = std::move(version);
  TRY_STATUS(trace.Choose(choice, cancel));
  if (trace.rows() > 0) TRY_STATUS(trace.Identify(cancel));
  return trace;
}

Status RecordTrace::Choose(const RecordChoice& choice, const CancelToken& cancel) {
  const DatasetVersion& version = *version_;
  if (!choice.where) {
    TRY(rows_.emplace_back(), PlaceOf(version, choice));
    chosen_ = 1;
    return {};
  }
  TRY(const Filter::Predicate matches, choice.where->Bind(version.info().columns));
  const size_t columns = version.info().columns.size();
  TRY_STATUS(ForEachRow(version, cancel, [&](const RowPlace& place) -> Status {
    const auto cells = [&](size_t c) {
      return c == columns ? Cell::Text(version.info().splits[place.split].name)
                          : version.CellAt(place.split, c, place.row);
    };
    if (!matches(cells)) return {};
    if (rows_.size() == kMostRecords)
      return InvalidArgument(fmt::format("the condition chooses more than {} rows", kMostRecords),
                             "a filter step leaves many rows out: sinter data clean");
    rows_.push_back(place);
    return {};
  }));
  chosen_ = rows();
  return {};
}

bool RecordTrace::Holds(const RowPlace& place) const {
  return std::ranges::binary_search(rows_, place, Before);
}

RecordTrace::Projection RecordTrace::Project(const std::vector<std::string>& columns) const {
  const DatasetVersion& version = *version_;
  Projection projection;
  RowDigests digests(version, columns);
  for (const RowPlace& place : rows_) {
    const Sha256Digest digest = digests.Of(place);
    if (digests.said()) projection.records.emplace(digest, true);
  }
  // The lead is what the fewest rows of a sample agree in: most rows are then told apart by one cell.
  constexpr int64_t kSample = 1000;
  int64_t fewest = -1;
  for (const std::string& name : columns) {
    RowDigests one(version, {name});
    std::set<Sha256Digest> values;
    for (const RowPlace& place : rows_) values.insert(one.Of(place));
    int64_t agree = 0;
    for (size_t s = 0; columns.size() > 1 && s < version.info().splits.size(); ++s) {
      const int64_t step = std::max<int64_t>(1, version.Rows(s) / kSample);
      for (int64_t row = 0; row < version.Rows(s); row += step)
        agree += values.contains(one.Of({static_cast<uint32_t>(s), row}));
    }
    if (fewest >= 0 && agree >= fewest) continue;
    fewest = agree;
    projection.lead = name;
    projection.values = std::move(values);
  }
  return projection;
}

Status RecordTrace::ForEachSame(const DatasetVersion& version, const std::vector<std::string>& columns,
                                const Projection& projection, const CancelToken& cancel,
                                const std::function<Status(const RowPlace&, const Sha256Digest&)>& visit) {
  RowDigests whole(version, columns), lead(version, {projection.lead});
  return ForEachRow(version, cancel, [&](const RowPlace& place) -> Status {
    if (!projection.values.contains(lead.Of(place))) return {};
    const Sha256Digest digest = columns.size() > 1 ? whole.Of(place) : lead.last();
    return projection.records.contains(digest) ? visit(place, digest) : Status();
  });
}

Status RecordTrace::Identify(const CancelToken& cancel) {
  const DatasetVersion& version = *version_;
  std::vector<std::string> all;
  const auto label = version.LabelColumn();
  for (size_t c = 0; c < version.info().columns.size(); ++c) {
    const DatasetColumn& column = version.info().columns[c];
    if (column.remark) continue;  // said of the row, by whoever, and no part of it
    all.push_back(column.name);
    if (!label || c != *label) columns_.push_back(column.name);
  }
  if (columns_.empty()) columns_ = all;
  RowDigests without(version, columns_), whole(version, all);
  std::set<Sha256Digest> whole_records;
  for (const RowPlace& place : rows_) {
    records_.insert(without.Of(place));
    whole_records.insert(whole.Of(place));
  }
  Projection projection = Project(columns_);
  for (const Sha256Digest& record : records_)
    projection.records.emplace(record, true);  // also what says nothing
  std::vector<RowPlace> same, same_but_label;
  TRY_STATUS(ForEachSame(
      version, columns_, projection, cancel, [&](const RowPlace& place, const Sha256Digest&) -> Status {
        if (Holds(place)) return {};
        auto& rows = whole_records.contains(whole.Of(place)) ? same : same_but_label;
        if (rows.size() == kMostRecords)
          return InvalidArgument(fmt::format("more than {} rows say the same", kMostRecords),
                                 "a deduplicate step leaves all but one out: sinter data clean");
        rows.push_back(place);
        return {};
      }));
  if (!same_but_label.empty()) {
    columns_ = std::move(all);
    records_ = std::move(whole_records);
  }
  rows_.insert(rows_.end(), same.begin(), same.end());
  std::ranges::sort(rows_, Before);
  return {};
}

Result<const RecordTrace::Projection*> RecordTrace::Known(const std::vector<std::string>& columns,
                                                          const CancelToken& cancel) {
  const auto found = projections_.find(columns);
  if (found != projections_.end()) return &found->second;
  Projection projection = Project(columns);
  // Over all of its columns nothing else says the same: Identify saw to it.
  if (columns.size() < columns_.size()) {
    TRY_STATUS(ForEachSame(*version_, columns, projection, cancel,
                           [&](const RowPlace& place, const Sha256Digest& digest) -> Status {
                             if (!Holds(place)) projection.records[digest] = false;
                             return {};
                           }));
  }
  return &projections_.emplace(columns, std::move(projection)).first->second;
}

Result<RecordMatch> RecordTrace::In(const DatasetVersion& other, std::span<const std::string> aside,
                                    const CancelToken& cancel) {
  RecordMatch match;
  const auto example = [&](const RowPlace& place) {
    if (match.examples.size() < kExamples)
      match.examples.push_back({other.info().splits[place.split].name, place.row});
  };
  if (other.id() == version_->id()) {
    match.compared = columns_;
    match.rows = rows();
    for (const RowPlace& place : rows_) example(place);
    return match;
  }
  for (const std::string& name : columns_) {
    const bool there =
        std::ranges::find(other.info().columns, name, &DatasetColumn::name) != other.info().columns.end();
    if (there && std::ranges::find(aside, name) == aside.end()) match.compared.push_back(name);
  }
  match.too_little = match.compared.size() * 2 < columns_.size();
  if (match.too_little || match.compared.empty()) return match;
  TRY(const Projection* projection, Known(match.compared, cancel));
  TRY_STATUS(ForEachSame(other, match.compared, *projection, cancel,
                         [&](const RowPlace& place, const Sha256Digest& digest) -> Status {
                           ++(projection->records.at(digest) ? match.rows : match.possible);
                           example(place);
                           return {};
                         }));
  return match;
}

}  // namespace sinter
