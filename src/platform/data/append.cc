#include "platform/data/append.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <optional>

#include <fmt/format.h>

#include "platform/data/classes.h"
#include "platform/data/column_writer.h"

namespace sinter {
namespace {

// A column of the base, what it becomes, and where its new cells come from.
struct Joined {
  DatasetColumn before, after;
  std::optional<size_t> from;
};

class Append {
 public:
  Append(BlobStore& store, const DatasetVersion& base, const Manifest& files, const DatasetVersion& from,
         size_t split, size_t to, const CancelToken& cancel)
      : store_(store), base_(base), files_(files), from_(from), split_(split), to_(to), cancel_(cancel) {}

  Result<AppendedRows> Do() {
    TRY_STATUS(Join());
    TRY_STATUS(Choose());
    AppendedRows appended;
    appended.rows = static_cast<int64_t>(rows_.size());
    appended.left_out = from_.Rows(split_) - appended.rows;
    if (rows_.empty()) {
      return InvalidArgument(
          appended.left_out == 0
              ? "there are no rows to append"
              : fmt::format("all {} rows stand in another split already", appended.left_out));
    }
    appended.made.info = base_.info();
    appended.made.info.splits[to_].rows += appended.rows;
    for (size_t c = 0; c < columns_.size(); ++c) {
      TRY_STATUS(Settle(columns_[c]));
      TRY_STATUS(Write(c));
      appended.made.info.columns[c] = columns_[c].after;
    }
    const std::string text = DatasetText(appended.made.info);
    TRY_STATUS(ParseDataset(text));
    TRY(const BlobInfo description, store_.Put(text));
    made_.push_back({std::string(kDatasetFile), description.size, description.digest});
    TRY(appended.made.manifest, Manifest::Make(std::move(made_)));
    TRY(appended.made.id, PutManifest(store_, appended.made.manifest));
    return appended;
  }

 private:
  static bool IsBytes(const DatasetColumn& column) {
    return column.kind == ColumnKind::kPicture || column.kind == ColumnKind::kVector;
  }

  Status Join() {
    const auto label = base_.LabelColumn(), other_label = from_.LabelColumn();
    const std::vector<DatasetColumn>& theirs = from_.info().columns;
    for (size_t c = 0; c < base_.info().columns.size(); ++c) {
      Joined& column = columns_.emplace_back();
      column.before = column.after = base_.info().columns[c];
      const bool is_label = label && *label == c;
      if (is_label && other_label) {
        column.from = *other_label;
      } else if (const auto same = std::ranges::find(theirs, column.before.name, &DatasetColumn::name);
                 same != theirs.end()) {
        column.from = static_cast<size_t>(same - theirs.begin());
      }
      if (column.from && !is_label) compared_.push_back(c);
      if (!IsBytes(column.before)) continue;
      const DatasetColumn* other = column.from ? &theirs[*column.from] : nullptr;
      if (other == nullptr || other->kind != column.before.kind || other->dtype != column.before.dtype ||
          other->shape != column.before.shape)
        return InvalidArgument(fmt::format("column '{}' is a {} of {}; what is appended has none like it",
                                           column.before.name, ColumnKindName(column.before.kind),
                                           DTypeName(column.before.dtype)));
    }
    if (compared_.empty()) return InvalidArgument("the data sets have no column beside the label in common");
    return {};
  }

  Status Stopped(int64_t row) const {
    if (row % 4096 != 0 || !cancel_.Cancelled()) return {};
    return Error{ErrorCode::kCancelled, "appending was stopped", ""};
  }

  // The rows that no other split of the base says.
  Status Choose() {
    std::vector<std::string> names;
    names.reserve(compared_.size());
    for (const size_t c : compared_) names.push_back(columns_[c].before.name);
    RowHasher hasher(names);
    std::map<Sha256Digest, std::vector<int64_t>> said;
    for (int64_t row = 0; row < from_.Rows(split_); ++row) {
      TRY_STATUS(Stopped(row));
      hasher.Begin();
      for (size_t i = 0; i < compared_.size(); ++i)
        hasher.Add(i, from_.CellAt(split_, *columns_[compared_[i]].from, row));
      said[hasher.Finish()].push_back(row);
    }
    for (size_t s = 0; s < base_.info().splits.size() && !said.empty(); ++s) {
      if (s == to_) continue;
      for (int64_t row = 0; row < base_.Rows(s); ++row) {
        TRY_STATUS(Stopped(row));
        hasher.Begin();
        for (size_t i = 0; i < compared_.size(); ++i) hasher.Add(i, base_.CellAt(s, compared_[i], row));
        said.erase(hasher.Finish());
      }
    }
    for (const auto& [digest, rows] : said) rows_.insert(rows_.end(), rows.begin(), rows.end());
    std::ranges::sort(rows_);
    return {};
  }

  Cell NewCell(const Joined& column, int64_t row) const {
    return column.from ? from_.CellAt(split_, *column.from, row) : Cell();
  }

  // What the column must be to take the new cells.
  Status Settle(Joined& column) {
    if (IsBytes(column.before)) return {};
    DatasetColumn& after = column.after;
    const bool of_classes = column.from && from_.info().columns[*column.from].kind == ColumnKind::kClass;
    for (const int64_t row : rows_) {
      const Cell cell = NewCell(column, row);
      if (IsMissingIn(after, cell)) {
        after.missing = true;
      } else if (after.kind == ColumnKind::kClass && of_classes) {
        if (const std::string name = CellText(cell);
            std::ranges::find(after.classes, name) == after.classes.end())
          after.classes.push_back(name);
      } else if (after.kind == ColumnKind::kNumber && cell.kind == Cell::Kind::kNumber &&
                 cell.number != std::floor(cell.number)) {
        after.dtype = DType::kF64;
      }
    }
    const DType dtype = ClassDType(after.classes.size());
    if (after.kind == ColumnKind::kClass && DTypeSize(dtype) > DTypeSize(after.dtype)) after.dtype = dtype;
    return {};
  }

  Status Write(size_t c) {
    const Joined& column = columns_[c];
    const bool as_before =
        column.before.dtype == column.after.dtype && column.before.HasMask() == column.after.HasMask();
    for (size_t s = 0; s < base_.info().splits.size(); ++s) {
      if (s != to_ && as_before)
        TRY_STATUS(Keep(s, column));
      else if (IsBytes(column.before))
        TRY_STATUS(WriteBytes(s, c));
      else
        TRY_STATUS(WriteCells(s, c));
    }
    return {};
  }

  Status Keep(size_t s, const Joined& column) {
    const std::string& split = base_.info().splits[s].name;
    std::vector<std::string> paths{ColumnPath(split, column.before)};
    if (column.before.kind == ColumnKind::kText) paths.push_back(OffsetsPath(split, column.before));
    if (column.before.HasMask()) paths.push_back(MissingPath(split, column.before));
    for (const std::string& path : paths) {
      const ManifestFile* file = files_.Find(path);
      if (file == nullptr) return Corrupt(fmt::format("the version lacks its file {}", path));
      made_.push_back(*file);
    }
    return {};
  }

  // Of the split that grows.
  Status WriteBytes(size_t s, size_t c) {
    const Joined& column = columns_[c];
    TRY(BlobWriter writer, store_.NewWriter());
    for (int64_t row = 0; row < base_.Rows(s); ++row) {
      TRY_STATUS(Stopped(row));
      TRY_STATUS(writer.Write(base_.Row(s, c, row)));
    }
    for (const int64_t row : rows_) TRY_STATUS(writer.Write(from_.Row(split_, *column.from, row)));
    TRY(const BlobInfo blob, writer.Commit());
    made_.push_back({ColumnPath(base_.info().splits[s].name, column.after), blob.size, blob.digest});
    return {};
  }

  Status WriteCells(size_t s, size_t c) {
    const Joined& column = columns_[c];
    CellConverter converter(column.after);
    TRY(ColumnWriter writer, ColumnWriter::Open(store_, column.after, column.after.missing));
    const auto add = [&](const Cell& cell, std::string_view split, int64_t row) -> Status {
      TRY_STATUS(Stopped(row));
      auto value = converter.Convert(cell);
      if (!value)
        return std::move(value).error().In(
            fmt::format("split {}, row {}, column '{}'", split, row, column.after.name));
      return writer.Add(*value);
    };
    const std::string& split = base_.info().splits[s].name;
    for (int64_t row = 0; row < base_.Rows(s); ++row) TRY_STATUS(add(base_.CellAt(s, c, row), split, row));
    if (s == to_) {
      for (const int64_t row : rows_)
        TRY_STATUS(add(NewCell(column, row), from_.info().splits[split_].name, row));
    }
    return writer.Finish(split, column.after, made_);
  }

  BlobStore& store_;
  const DatasetVersion& base_;
  const Manifest& files_;
  const DatasetVersion& from_;
  const size_t split_, to_;
  const CancelToken& cancel_;
  std::vector<Joined> columns_;   // the base's
  std::vector<size_t> compared_;  // of them: those that both have, but for the label
  std::vector<int64_t> rows_;     // of `from`, in order
  std::vector<ManifestFile> made_;
};

}  // namespace

Result<AppendedRows> AppendRows(BlobStore& store, const DatasetVersion& base, const Manifest& files,
                                const DatasetVersion& from, std::string_view split, std::string_view to,
                                const CancelToken& cancel) {
  TRY(const size_t source, from.SplitIndex(split));
  TRY(const size_t target, base.SplitIndex(to));
  return Append(store, base, files, from, source, target, cancel).Do();
}

}  // namespace sinter
