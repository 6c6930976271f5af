#include "platform/data/dataset_version.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <limits>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "base/utf8.h"

namespace sinter {
namespace {

template <class T>
Result<size_t> IndexOf(const std::vector<T>& items, std::string_view name, std::string_view what) {
  std::vector<std::string_view> names;
  for (size_t i = 0; i < items.size(); ++i) {
    if (items[i].name == name) return i;
    names.push_back(items[i].name);
  }
  return NotFound(fmt::format("the data set has no {} '{}'", what, name),
                  fmt::format("it has {}", fmt::join(names, ", ")));
}

bool IsMeasured(const DatasetColumn& column) {
  return column.kind == ColumnKind::kPicture || column.kind == ColumnKind::kVector;
}

}  // namespace

std::optional<size_t> FindLabel(std::span<const DatasetColumn> columns, std::string_view label) {
  if (label.empty() && std::ranges::none_of(columns, IsMeasured)) return std::nullopt;
  for (size_t c = 0; c < columns.size(); ++c) {
    if (columns[c].kind == ColumnKind::kClass && (label.empty() || columns[c].name == label)) return c;
  }
  return std::nullopt;
}

Result<std::shared_ptr<const DatasetVersion>> DatasetVersion::Open(const BlobSource& blobs,
                                                                   const Sha256Digest& version) {
  TRY(const Manifest manifest, ReadManifest(blobs, version));
  const ManifestFile* description = manifest.Find(kDatasetFile);
  if (description == nullptr) {
    return InvalidArgument(
        fmt::format("version {} holds no {}: it is no data set", version.Hex(), kDatasetFile));
  }
  TRY(const auto text, blobs.Open(description->sha256));
  auto opened = std::shared_ptr<DatasetVersion>(new DatasetVersion);
  opened->id_ = version;
  TRY(opened->info_,
      ParseDataset({reinterpret_cast<const char*>(text->bytes().data()), text->bytes().size()}));
  for (size_t s = 0; s < opened->info_.splits.size(); ++s) {
    const DatasetSplit& split = opened->info_.splits[s];
    const auto rows = static_cast<uint64_t>(split.rows);
    for (size_t c = 0; c < opened->info_.columns.size(); ++c) {
      const DatasetColumn& column = opened->info_.columns[c];
      const auto open = [&](const std::string& path, std::optional<uint64_t> bytes) {
        return opened->OpenFile(blobs, manifest, path, rows, bytes);
      };
      Files& files = opened->files_.emplace_back();
      const bool texts = column.kind == ColumnKind::kText;
      TRY(files.values, open(ColumnPath(split.name, column),
                             texts ? std::nullopt : std::optional(rows * column.RowBytes())));
      if (texts) {
        TRY(files.offsets, open(OffsetsPath(split.name, column), (rows + 1) * sizeof(uint64_t)));
      }
      if (column.HasMask()) {
        TRY(files.missing, open(MissingPath(split.name, column), rows));
      }
      TRY_STATUS(opened->CheckColumn(s, c));
    }
  }
  return std::shared_ptr<const DatasetVersion>(std::move(opened));
}

Result<std::shared_ptr<const MappedFile>> DatasetVersion::OpenFile(const BlobSource& blobs,
                                                                   const Manifest& manifest,
                                                                   const std::string& path, uint64_t rows,
                                                                   std::optional<uint64_t> bytes) const {
  const ManifestFile* file = manifest.Find(path);
  if (file == nullptr) return Corrupt(fmt::format("version {} lacks its file {}", id_.Hex(), path));
  auto mapped = blobs.Open(file->sha256);
  if (!mapped) return std::move(mapped).error().In(path);
  if (bytes && (*mapped)->bytes().size() != *bytes) {
    return Corrupt(fmt::format("{}: {} rows need {} bytes, {} are there", path, rows, *bytes,
                               (*mapped)->bytes().size()));
  }
  return mapped;
}

Status DatasetVersion::CheckColumn(size_t s, size_t c) const {
  const DatasetColumn& column = info_.columns[c];
  const std::string& split = info_.splits[s].name;
  if (column.HasMask()) {
    const auto mask = FilesOf(s, c).missing->bytes();
    if (std::ranges::any_of(mask, [](std::byte b) { return b > std::byte{1}; }))
      return Corrupt(fmt::format("{}: a byte is neither 0 nor 1", MissingPath(split, column)));
  }
  if (column.kind == ColumnKind::kClass) {
    const auto classes = static_cast<int64_t>(column.classes.size());
    for (int64_t row = 0; row < Rows(s); ++row) {
      const int64_t value = Class(s, c, row);
      if (value < classes && (value >= 0 || Missing(s, c, row))) continue;
      return Corrupt(fmt::format("{}: row {} is of class {}, there are {}", ColumnPath(split, column), row,
                                 value, classes));
    }
  }
  if (column.kind != ColumnKind::kText) return {};
  const uint64_t bytes = Bytes(s, c).size();
  const auto offset = [&](int64_t row) {
    uint64_t value = 0;
    std::memcpy(&value, FilesOf(s, c).offsets->bytes().data() + static_cast<size_t>(row) * sizeof value,
                sizeof value);
    return value;
  };
  if (offset(0) != 0 || offset(Rows(s)) != bytes)
    return Corrupt(fmt::format("{}: not from 0 to {}", OffsetsPath(split, column), bytes));
  for (int64_t row = 0; row < Rows(s); ++row) {
    if (offset(row) > offset(row + 1) || offset(row + 1) > bytes)
      return Corrupt(fmt::format("{}: row {} ends before it begins", OffsetsPath(split, column), row));
    if (!IsUtf8(Text(s, c, row)))
      return Corrupt(fmt::format("{}: row {} is no UTF-8", ColumnPath(split, column), row));
  }
  return {};
}

Result<size_t> DatasetVersion::SplitIndex(std::string_view name) const {
  return IndexOf(info_.splits, name, "split");
}

Result<size_t> DatasetVersion::ColumnIndex(std::string_view name) const {
  return IndexOf(info_.columns, name, "column");
}

Result<size_t> DatasetVersion::LabelColumn() const {
  if (const auto label = FindLabel(info_.columns, info_.label)) return *label;
  return Unsupported("the data set has no label",
                     "name the column to be predicted: sinter data add NAME FILE --label COLUMN");
}

Result<size_t> DatasetVersion::FeatureColumn() const {
  for (size_t i = 0; i < info_.columns.size(); ++i) {
    if (IsMeasured(info_.columns[i])) return i;
  }
  return Unsupported("the data set has no column of pictures or vectors");
}

std::span<const std::byte> DatasetVersion::Bytes(size_t split, size_t column) const {
  return FilesOf(split, column).values->bytes();
}

std::span<const std::byte> DatasetVersion::Row(size_t split, size_t column, int64_t row) const {
  const uint64_t bytes = info_.columns[column].RowBytes();
  return Bytes(split, column).subspan(static_cast<size_t>(row) * bytes, bytes);
}

bool DatasetVersion::Missing(size_t split, size_t column, int64_t row) const {
  const DatasetColumn& c = info_.columns[column];
  if (!c.missing) return false;
  if (!c.HasMask()) return std::isnan(Number(split, column, row));
  return FilesOf(split, column).missing->bytes()[static_cast<size_t>(row)] != std::byte{0};
}

int64_t DatasetVersion::Class(size_t split, size_t column, int64_t row) const {
  if (Missing(split, column, row)) return -1;
  const auto bytes = Row(split, column, row);
  int64_t value = 0;
  std::memcpy(&value, bytes.data(), bytes.size());  // little-endian
  const int unused = 64 - 8 * static_cast<int>(bytes.size());
  if (IsSigned(info_.columns[column].dtype))
    return static_cast<int64_t>(static_cast<uint64_t>(value) << unused) >> unused;
  return value;
}

double DatasetVersion::Number(size_t split, size_t column, int64_t row) const {
  const DatasetColumn& c = info_.columns[column];
  if (c.HasMask() && Missing(split, column, row)) return std::numeric_limits<double>::quiet_NaN();
  const auto bytes = Row(split, column, row);
  if (c.dtype == DType::kF64) {
    double value = 0;
    std::memcpy(&value, bytes.data(), sizeof value);
    return value;
  }
  int64_t value = 0;
  std::memcpy(&value, bytes.data(), sizeof value);
  return static_cast<double>(value);
}

std::string_view DatasetVersion::Text(size_t split, size_t column, int64_t row) const {
  uint64_t range[2];
  std::memcpy(range,
              FilesOf(split, column).offsets->bytes().data() + static_cast<size_t>(row) * sizeof(uint64_t),
              sizeof range);
  const auto bytes = Bytes(split, column).subspan(range[0], range[1] - range[0]);
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

Cell DatasetVersion::CellAt(size_t split, size_t column, int64_t row) const {
  const DatasetColumn& c = info_.columns[column];
  if (Missing(split, column, row)) return {};
  switch (c.kind) {
    case ColumnKind::kClass:
      return Cell::Text(c.classes[static_cast<size_t>(Class(split, column, row))]);
    case ColumnKind::kNumber: {
      if (c.dtype == DType::kF64) {
        const double value = Number(split, column, row);
        return std::isnan(value) ? Cell() : Cell::Number(value);
      }
      int64_t value = 0;
      std::memcpy(&value, Row(split, column, row).data(), sizeof value);
      return Cell::Whole(value);
    }
    case ColumnKind::kText:
      return Cell::Text(Text(split, column, row));
    case ColumnKind::kPicture:
    case ColumnKind::kVector:
      break;
  }
  const auto bytes = Row(split, column, row);
  return Cell::Bytes({reinterpret_cast<const char*>(bytes.data()), bytes.size()});
}

}  // namespace sinter
