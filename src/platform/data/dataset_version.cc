#include "platform/data/dataset_version.h"

#include <cstring>

#include <fmt/format.h>
#include <fmt/ranges.h>

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

}  // namespace

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
  for (const DatasetSplit& split : opened->info_.splits) {
    for (const DatasetColumn& column : opened->info_.columns) {
      const std::string path = ColumnPath(split.name, column.name);
      const ManifestFile* file = manifest.Find(path);
      if (file == nullptr) return Corrupt(fmt::format("version {} lacks its file {}", version.Hex(), path));
      auto mapped = blobs.Open(file->sha256);
      if (!mapped) return std::move(mapped).error().In(path);
      const uint64_t expected = static_cast<uint64_t>(split.rows) * column.RowBytes();
      if ((*mapped)->bytes().size() != expected) {
        return Corrupt(fmt::format("{}: {} rows need {} bytes, {} are there", path, split.rows, expected,
                                   (*mapped)->bytes().size()));
      }
      opened->files_.push_back(*std::move(mapped));
    }
  }
  TRY_STATUS(opened->CheckClasses());
  return std::shared_ptr<const DatasetVersion>(std::move(opened));
}

Status DatasetVersion::CheckClasses() const {
  for (size_t s = 0; s < info_.splits.size(); ++s) {
    for (size_t c = 0; c < info_.columns.size(); ++c) {
      const DatasetColumn& column = info_.columns[c];
      if (column.kind != ColumnKind::kClass) continue;
      const auto classes = static_cast<int64_t>(column.classes.size());
      for (int64_t row = 0; row < Rows(s); ++row) {
        const int64_t value = Class(s, c, row);
        if (value >= 0 && value < classes) continue;
        return Corrupt(fmt::format("{}: row {} is of class {}, there are {}",
                                   ColumnPath(info_.splits[s].name, column.name), row, value, classes));
      }
    }
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
  for (size_t i = 0; i < info_.columns.size(); ++i) {
    if (info_.columns[i].kind == ColumnKind::kClass) return i;
  }
  return Unsupported("the data set has no column of classes");
}

Result<size_t> DatasetVersion::FeatureColumn() const {
  for (size_t i = 0; i < info_.columns.size(); ++i) {
    if (info_.columns[i].kind != ColumnKind::kClass) return i;
  }
  return Unsupported("the data set has classes alone, and no features");
}

std::span<const std::byte> DatasetVersion::Bytes(size_t split, size_t column) const {
  return files_[split * info_.columns.size() + column]->bytes();
}

std::span<const std::byte> DatasetVersion::Row(size_t split, size_t column, int64_t row) const {
  const uint64_t bytes = info_.columns[column].RowBytes();
  return Bytes(split, column).subspan(static_cast<size_t>(row) * bytes, bytes);
}

int64_t DatasetVersion::Class(size_t split, size_t column, int64_t row) const {
  const auto bytes = Row(split, column, row);
  int64_t value = 0;
  std::memcpy(&value, bytes.data(), bytes.size());  // little-endian
  const int unused = 64 - 8 * static_cast<int>(bytes.size());
  if (IsSigned(info_.columns[column].dtype))
    return static_cast<int64_t>(static_cast<uint64_t>(value) << unused) >> unused;
  return value;
}

}  // namespace sinter
