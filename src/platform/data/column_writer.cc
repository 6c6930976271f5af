#include "platform/data/column_writer.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include <fmt/format.h>

namespace sinter {
namespace {

constexpr size_t kBlock = size_t{64} << 10;

std::string Shown(const Cell& cell) {
  std::string text = CellText(cell);
  if (text.size() <= 60) return fmt::format("'{}'", text);
  size_t end = 57;
  while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xC0) == 0x80) --end;  // no half a character
  return fmt::format("'{}...'", text.substr(0, end));
}

}  // namespace

bool IsMissingIn(const DatasetColumn& column, const Cell& cell) {
  if (cell.kind != Cell::Kind::kText) return cell.kind == Cell::Kind::kMissing;
  if (column.kind == ColumnKind::kNumber) return IsMissingMark(cell.text);
  return column.kind == ColumnKind::kClass && IsMissingClass(cell.text) &&
         std::ranges::find(column.classes, cell.text) == column.classes.end();
}

CellConverter::CellConverter(const DatasetColumn& column) : column_(column) {
  for (size_t i = 0; i < column.classes.size(); ++i)
    classes_.emplace(column.classes[i], static_cast<int64_t>(i));
}

Result<CellConverter::Value> CellConverter::Convert(const Cell& cell) {
  Value value;
  const bool text = cell.kind == Cell::Kind::kText;
  const bool number = column_.kind == ColumnKind::kNumber;
  value.missing = IsMissingIn(column_, cell);
  if (value.missing) {
    value.number = std::numeric_limits<double>::quiet_NaN();
    return value;
  }
  if (number && column_.dtype == DType::kF64) {
    if (cell.kind == Cell::Kind::kNumber) value.number = cell.number;
    if (cell.kind == Cell::Kind::kWhole) value.number = static_cast<double>(cell.whole);
    if (!text) return value;
    const auto parsed = ParseCellNumber(cell.text);
    if (!parsed) return InvalidArgument(fmt::format("{} is no number", Shown(cell)));
    value.number = *parsed;
    return value;
  }
  if (number) {
    std::optional<int64_t> whole;
    if (cell.kind == Cell::Kind::kWhole) whole = cell.whole;
    if (text) whole = ParseCellWhole(cell.text);
    // 3.0 is whole too, as other programs write a whole number among missing ones.
    std::optional<double> written;
    if (cell.kind == Cell::Kind::kNumber) written = cell.number;
    if (text && !whole) written = ParseCellNumber(cell.text);
    if (written && *written == std::floor(*written) && std::abs(*written) < 0x1p63)
      whole = static_cast<int64_t>(*written);
    if (!whole) return InvalidArgument(fmt::format("{} is no whole number of 64 bits", Shown(cell)));
    value.whole = *whole;
    return value;
  }
  value.text = cell.text;
  if (!text) {
    text_ = CellText(cell);
    value.text = text_;
  }
  if (column_.kind == ColumnKind::kClass) {
    const auto found = classes_.find(value.text);
    if (found == classes_.end()) {
      return InvalidArgument(fmt::format("{} is none of the {} classes", Shown(cell), classes_.size()),
                             "name it among the classes, or correct the value");
    }
    value.whole = found->second;
  }
  return value;
}

Status ColumnWriter::File::Write(const void* bytes, size_t size) {
  const auto* begin = static_cast<const std::byte*>(bytes);
  block.insert(block.end(), begin, begin + size);
  if (block.size() < kBlock) return {};
  TRY_STATUS(writer.Write(block));
  block.clear();
  return {};
}

Result<BlobInfo> ColumnWriter::File::Commit() {
  TRY_STATUS(writer.Write(block));
  return writer.Commit();
}

Result<ColumnWriter> ColumnWriter::Open(BlobStore& store, const DatasetColumn& column, bool may_miss) {
  if (column.kind == ColumnKind::kPicture || column.kind == ColumnKind::kVector)
    return Unsupported(fmt::format("column '{}': {}s are not written cell by cell", column.name,
                                   ColumnKindName(column.kind)));
  ColumnWriter writer;
  writer.kind_ = column.kind;
  writer.dtype_ = column.dtype;
  TRY(BlobWriter values, store.NewWriter());
  writer.values_.emplace(std::move(values));
  if (column.kind == ColumnKind::kText) {
    TRY(BlobWriter offsets, store.NewWriter());
    writer.offsets_.emplace(std::move(offsets));
    TRY_STATUS(writer.offsets_->Write(&writer.bytes_, sizeof writer.bytes_));
  }
  if (may_miss && column.dtype != DType::kF64) {
    TRY(BlobWriter missing, store.NewWriter());
    writer.missing_.emplace(std::move(missing));
  }
  return writer;
}

Status ColumnWriter::Add(const CellConverter::Value& value) {
  any_missing_ |= value.missing;
  if (missing_) {
    const std::byte mask{value.missing};
    TRY_STATUS(missing_->Write(&mask, 1));
  } else if (value.missing && dtype_ != DType::kF64) {
    return InvalidArgument("no value is there");
  }
  if (kind_ == ColumnKind::kText) {
    bytes_ += value.text.size();
    TRY_STATUS(values_->Write(value.text.data(), value.text.size()));
    return offsets_->Write(&bytes_, sizeof bytes_);
  }
  if (dtype_ == DType::kF64) return values_->Write(&value.number, sizeof value.number);
  return values_->Write(&value.whole, DTypeSize(dtype_));  // little-endian: the low bytes come first
}

Status ColumnWriter::Finish(std::string_view split, const DatasetColumn& column,
                            std::vector<ManifestFile>& files) {
  const auto commit = [&](File& file, std::string path) -> Status {
    TRY(const BlobInfo blob, file.Commit());
    files.push_back({std::move(path), blob.size, blob.digest});
    return {};
  };
  TRY_STATUS(commit(*values_, ColumnPath(split, column)));
  if (offsets_) TRY_STATUS(commit(*offsets_, OffsetsPath(split, column)));
  if (missing_ && column.HasMask()) TRY_STATUS(commit(*missing_, MissingPath(split, column)));
  return {};
}

}  // namespace sinter
