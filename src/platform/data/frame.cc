#include "platform/data/frame.h"

#include <algorithm>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "platform/data/column_writer.h"

namespace sinter {

Frame::Frame(std::shared_ptr<const DatasetVersion> version)
    : version_(std::move(version)), label_(version_->info().label) {
  const DatasetInfo& info = version_->info();
  columns_.reserve(info.columns.size());
  for (size_t c = 0; c < info.columns.size(); ++c) columns_.push_back({info.columns[c], c, false, {}, {}});
  for (size_t s = 0; s < info.splits.size(); ++s) {
    for (int64_t row = 0; row < version_->Rows(s); ++row) rows_.push_back({static_cast<uint32_t>(s), row});
  }
}

std::vector<DatasetColumn> Frame::ColumnInfos() const {
  std::vector<DatasetColumn> infos;
  infos.reserve(columns_.size());
  for (const Column& column : columns_) infos.push_back(column.info);
  return infos;
}

Result<size_t> Frame::Find(std::string_view name) const {
  std::vector<std::string_view> names;
  names.reserve(columns_.size());
  for (size_t c = 0; c < columns_.size(); ++c) {
    if (columns_[c].info.name == name) return c;
    names.push_back(columns_[c].info.name);
  }
  return NotFound(fmt::format("there is no column '{}'", name),
                  fmt::format("there are {}", fmt::join(names, ", ")));
}

size_t Frame::Label() const { return FindLabel(ColumnInfos(), label_).value_or(columns_.size()); }

Cell Frame::At(size_t c, size_t index) const {
  const Column& column = columns_[c];
  if (column.own) return column.cells[index];
  return version_->CellAt(rows_[index].split, column.source, rows_[index].row);
}

std::function<Cell(size_t)> Frame::CellsOf(size_t index) const {
  return [this, index](size_t c) {
    return c == columns_.size() ? Cell::Text(SplitName(rows_[index])) : At(c, index);
  };
}

size_t Frame::Add(DatasetColumn info) {
  columns_.push_back({std::move(info), 0, true, std::vector<Cell>(rows_.size()), {}});
  return columns_.size() - 1;
}

void Frame::Drop(size_t c) {
  if (columns_[c].info.name == label_) label_.clear();
  columns_.erase(columns_.begin() + static_cast<std::ptrdiff_t>(c));
}

void Frame::Keep(const std::vector<bool>& kept) {
  size_t to = 0;
  for (size_t i = 0; i < rows_.size(); ++i) {
    if (!kept[i]) continue;
    rows_[to] = rows_[i];
    for (Column& column : columns_) {
      if (column.own) column.cells[to] = column.cells[i];
    }
    ++to;
  }
  rows_.resize(to);
  for (Column& column : columns_) {
    if (column.own) column.cells.resize(to);
  }
}

void Frame::SetColumn(size_t c, DatasetColumn info) {
  info.name = columns_[c].info.name;
  Column& column = columns_[c];
  if (!column.own) {
    column.cells.reserve(rows_.size());
    for (size_t i = 0; i < rows_.size(); ++i) column.cells.push_back(At(c, i));
    column.own = true;
  }
  column.info = std::move(info);
}

void Frame::Set(size_t c, size_t index, const Cell& cell) {
  Column& column = columns_[c];
  if (!column.own) SetColumn(c, column.info);
  Cell kept = cell;
  // Equal values, names of classes above all, are not kept twice in a row.
  if (cell.kind == Cell::Kind::kText) {
    if (column.texts.empty() || column.texts.back() != cell.text) column.texts.emplace_back(cell.text);
    kept.text = column.texts.back();
  }
  column.cells[index] = kept;
}

std::vector<Frame::SplitRows> Frame::Splits() const {
  std::vector<SplitRows> splits;
  size_t at = 0;
  for (size_t s = 0; s < version_->info().splits.size(); ++s) {
    SplitRows split{at, at, false};
    while (split.end < rows_.size() && rows_[split.end].split == s) ++split.end;
    at = split.end;
    split.whole = static_cast<int64_t>(split.end - split.begin) == version_->Rows(s);
    splits.push_back(split);
  }
  return splits;
}

Status Frame::WriteCells(BlobStore& store, const Column& column, const DatasetColumn& info,
                         const std::vector<SplitRows>& splits, std::vector<ManifestFile>& files) const {
  const auto c = static_cast<size_t>(&column - columns_.data());
  CellConverter converter(info);
  for (size_t s = 0; s < splits.size(); ++s) {
    const std::string& split = version_->info().splits[s].name;
    TRY(ColumnWriter writer, ColumnWriter::Open(store, info, info.missing));
    for (size_t i = splits[s].begin; i < splits[s].end; ++i) {
      const auto value = converter.Convert(At(c, i));
      if (!value) {
        Error error = value.error();
        return std::move(error).In(
            fmt::format("split {}, row {}, column '{}'", split, rows_[i].row, info.name));
      }
      TRY_STATUS(writer.Add(*value));
    }
    TRY_STATUS(writer.Finish(split, info, files));
  }
  return {};
}

Status Frame::KeepFiles(const DatasetColumn& old, const DatasetColumn& info, const Manifest& base,
                        std::vector<ManifestFile>& files) const {
  for (const DatasetSplit& split : version_->info().splits) {
    const auto keep = [&](const std::string& from, std::string to) -> Status {
      const ManifestFile* file = base.Find(from);
      if (file == nullptr) return Corrupt(fmt::format("the version lacks its file {}", from));
      files.push_back({std::move(to), file->size, file->sha256});
      return {};
    };
    TRY_STATUS(keep(ColumnPath(split.name, old), ColumnPath(split.name, info)));
    if (old.kind == ColumnKind::kText)
      TRY_STATUS(keep(OffsetsPath(split.name, old), OffsetsPath(split.name, info)));
    if (old.HasMask()) TRY_STATUS(keep(MissingPath(split.name, old), MissingPath(split.name, info)));
  }
  return {};
}

Status Frame::CopyRows(BlobStore& store, const Column& column, const DatasetColumn& info,
                       const std::vector<SplitRows>& splits, const Manifest& base,
                       std::vector<ManifestFile>& files) const {
  for (size_t s = 0; s < splits.size(); ++s) {
    const std::string& split = version_->info().splits[s].name;
    const std::string path = ColumnPath(split, info);
    if (splits[s].whole) {
      const ManifestFile* file = base.Find(ColumnPath(split, version_->info().columns[column.source]));
      if (file == nullptr) return Corrupt(fmt::format("the version lacks its file {}", path));
      files.push_back({path, file->size, file->sha256});
      continue;
    }
    TRY(BlobWriter writer, store.NewWriter());
    std::vector<std::byte> block;
    for (size_t i = splits[s].begin; i < splits[s].end; ++i) {
      const auto bytes = version_->Row(s, column.source, rows_[i].row);
      block.insert(block.end(), bytes.begin(), bytes.end());
      if (block.size() < size_t{256} << 10) continue;
      TRY_STATUS(writer.Write(block));
      block.clear();
    }
    TRY_STATUS(writer.Write(block));
    TRY(const BlobInfo blob, writer.Commit());
    files.push_back({path, blob.size, blob.digest});
  }
  return {};
}

Result<ImportedDataset> Frame::Write(BlobStore& store, const Manifest& base) const {
  if (columns_.empty()) return InvalidArgument("no column is left");
  if (rows_.empty()) return InvalidArgument("no row is left");
  ImportedDataset made;
  const std::vector<SplitRows> splits = Splits();
  for (size_t s = 0; s < splits.size(); ++s)
    made.info.splits.push_back(
        {version_->info().splits[s].name, static_cast<int64_t>(splits[s].end - splits[s].begin)});
  made.info.columns = ColumnInfos();
  made.info.label = label_;
  NameFiles(made.info.columns);
  std::vector<ManifestFile> files;
  for (size_t c = 0; c < columns_.size(); ++c) {
    DatasetColumn& info = made.info.columns[c];
    info.missing = false;
    for (size_t i = 0; i < rows_.size() && !info.missing; ++i) {
      const Cell cell = At(c, i);
      info.missing = IsMissingIn(info, cell);
    }
    const DatasetColumn& old = version_->info().columns[columns_[c].source];
    const bool same = !columns_[c].own && info.missing == old.missing &&
                      std::ranges::all_of(splits, [](const SplitRows& split) { return split.whole; });
    if (same)
      TRY_STATUS(KeepFiles(old, info, base, files));
    else if (info.kind == ColumnKind::kPicture || info.kind == ColumnKind::kVector)
      TRY_STATUS(CopyRows(store, columns_[c], info, splits, base, files));
    else
      TRY_STATUS(WriteCells(store, columns_[c], info, splits, files));
  }
  const std::string text = DatasetText(made.info);
  TRY_STATUS(ParseDataset(text));
  TRY(const BlobInfo description, store.Put(text));
  files.push_back({std::string(kDatasetFile), description.size, description.digest});
  TRY(made.manifest, Manifest::Make(std::move(files)));
  TRY(made.id, PutManifest(store, made.manifest));
  return made;
}

}  // namespace sinter
