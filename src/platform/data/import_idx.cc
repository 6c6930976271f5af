#include "platform/data/import_idx.h"

#include <algorithm>
#include <cstring>
#include <map>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "media/tables/idx.h"

namespace sinter {
namespace {

constexpr int64_t kMostClasses = 65'536;

DType DTypeOfIdx(IdxType type) {
  switch (type) {
    case IdxType::kU8:
      return DType::kU8;
    case IdxType::kI8:
      return DType::kI8;
    case IdxType::kI16:
      return DType::kI16;
    case IdxType::kI32:
      return DType::kI32;
    case IdxType::kF32:
      return DType::kF32;
    case IdxType::kF64:
      return DType::kF64;
  }
  return DType::kUndefined;
}

int64_t LabelAt(IdxType type, const std::byte* bytes) {
  auto read = [&]<class T>(T value) {
    std::memcpy(&value, bytes, sizeof value);
    return static_cast<int64_t>(value);
  };
  switch (type) {
    case IdxType::kU8:
      return read(uint8_t{});
    case IdxType::kI8:
      return read(int8_t{});
    case IdxType::kI16:
      return read(int16_t{});
    case IdxType::kI32:
      return read(int32_t{});
    default:
      return -1;
  }
}

struct Context {
  BlobStore& store;
  const CancelToken& cancel;
  const std::function<void(const ImportProgress&)>& progress;
  std::vector<std::byte> block = std::vector<std::byte>(256 << 10);
};

struct ImportedFile {
  IdxHeader header;
  BlobInfo blob;
};

// One file into the store, each block shown to `look` (with the index of its first element) on the way.
Result<ImportedFile> ImportFile(
    Context& context, const Path& path, const std::function<Status(const IdxHeader&)>& check,
    const std::function<Status(IdxType, int64_t, std::span<const std::byte>)>& look) {
  auto in_file = [&](Error error) { return std::move(error).In(path.string()); };
  TRY(auto source, FileSource::Open(path));
  auto reader = IdxReader::Open(std::move(source));
  if (!reader) return in_file(std::move(reader).error());
  const IdxHeader& header = reader->header();
  if (Status status = check(header); !status) return in_file(std::move(status).error());
  TRY(BlobWriter writer, context.store.NewWriter());
  const std::string name = path.filename().string();
  while (true) {
    if (context.cancel.Cancelled()) {
      return Error{ErrorCode::kCancelled, fmt::format("import of {} was stopped", path.string()), ""};
    }
    auto n = reader->Read(context.block);
    if (!n) return in_file(std::move(n).error());
    if (*n == 0) break;
    const auto bytes = std::span<const std::byte>(context.block).first(*n);
    if (look) {
      const auto first = static_cast<int64_t>(writer.size() / IdxTypeSize(header.type));
      if (Status status = look(header.type, first, bytes); !status) return in_file(std::move(status).error());
    }
    if (Status status = writer.Write(bytes); !status) return in_file(std::move(status).error());
    if (context.progress) context.progress({name, writer.size(), header.bytes});
  }
  auto blob = writer.Commit();
  if (!blob) return in_file(std::move(blob).error());
  return ImportedFile{header, *blob};
}

DatasetColumn FeatureColumnOf(const IdxHeader& header) {
  DatasetColumn column;
  column.shape.assign(header.shape.begin() + 1, header.shape.end());
  column.dtype = DTypeOfIdx(header.type);
  const size_t rank = column.shape.size();
  const bool picture = rank == 2 || (rank == 3 && (column.shape[2] == 1 || column.shape[2] == 3));
  column.kind = picture ? ColumnKind::kPicture : ColumnKind::kVector;
  column.name = column.file = picture ? "image" : "features";
  return column;
}

Status CheckFeatures(const IdxHeader& header) {
  if (header.shape.size() < 2)
    return InvalidArgument("features need rank 2 or more: rows, then what a row holds");
  for (size_t i = 1; i < header.shape.size(); ++i) {
    if (header.shape[i] == 0) return InvalidArgument("a row of this shape holds nothing");
  }
  return {};
}

Status CheckLabels(const IdxHeader& header) {
  if (header.shape.size() != 1) {
    return InvalidArgument(
        fmt::format("labels need rank 1, this has the shape [{}]", fmt::join(header.shape, ", ")),
        "are images and labels the wrong way round?");
  }
  if (header.type == IdxType::kF32 || header.type == IdxType::kF64) {
    return InvalidArgument(fmt::format("labels must be integers, these are {}", IdxTypeName(header.type)));
  }
  return {};
}

}  // namespace

Result<std::vector<IdxSplit>> FindIdxSplits(const Path& folder) {
  std::map<std::string, IdxSplit> found;
  std::error_code error;
  for (auto it = std::filesystem::directory_iterator(folder, error);
       !error && it != std::filesystem::directory_iterator(); it.increment(error)) {
    const std::string file = it->path().filename().string();
    for (const std::string_view what : {"images", "labels"}) {
      const size_t at = file.find(fmt::format("-{}", what));
      if (at == file.npos || at == 0) continue;
      const std::string_view rest = std::string_view(file).substr(at + 1 + what.size());
      if (!rest.starts_with("-idx") && !rest.starts_with(".idx")) continue;
      const std::string prefix = file.substr(0, at);
      IdxSplit& split = found[prefix];
      split.name = prefix == "t10k" ? "test" : prefix;
      Path& path = what == "images" ? split.features : split.labels;
      if (!path.empty()) {
        return InvalidArgument(fmt::format("{} and {} are both there", path.string(), it->path().string()),
                               "keep one of them");
      }
      path = it->path();
    }
  }
  if (error) return SystemError(error.value(), "cannot list", folder);
  if (found.empty()) {
    return NotFound(
        fmt::format("{} holds no pictures, sound, tables or IDX files", folder.string()),
        "pictures: CLASS/NAME.jpg or .png; sound: CLASS/NAME.wav; tables: NAME.csv, .tsv, .jsonl or "
        ".parquet; IDX files are called NAME-images-idx3-ubyte[.gz] and NAME-labels-idx1-ubyte[.gz]");
  }
  std::vector<IdxSplit> splits;
  for (auto& [prefix, split] : found) {
    if (split.features.empty() || split.labels.empty()) {
      return NotFound(fmt::format("{}: '{}' has {} and no {}", folder.string(), prefix,
                                  split.features.empty() ? "labels" : "images",
                                  split.features.empty() ? "images" : "labels"));
    }
    splits.push_back(std::move(split));
  }
  std::ranges::stable_partition(splits, [](const IdxSplit& s) { return s.name == "train"; });
  return splits;
}

Result<ImportedDataset> ImportIdx(BlobStore& store, const IdxImport& import, const CancelToken& cancel,
                                  const std::function<void(const ImportProgress&)>& progress) {
  if (import.splits.empty()) return InvalidArgument("an import of no files");
  Context context{store, cancel, progress};
  const auto given = static_cast<int64_t>(import.classes.size());
  const int64_t bound = given > 0 ? given : kMostClasses;
  int64_t most = 0;
  auto look = [&](IdxType type, int64_t first, std::span<const std::byte> bytes) -> Status {
    const size_t size = IdxTypeSize(type);
    for (size_t at = 0; at < bytes.size(); at += size) {
      const int64_t label = LabelAt(type, bytes.data() + at);
      if (label < 0 || label >= bound) {
        return InvalidArgument(fmt::format("row {} has the label {}; labels are 0 to {}",
                                           first + static_cast<int64_t>(at / size), label, bound - 1),
                               given > 0 ? "name more classes, or correct the labels" : "");
      }
      most = std::max(most, label);
    }
    return {};
  };

  DatasetInfo info;
  std::vector<ManifestFile> files;
  DatasetColumn features, labels{"label", ColumnKind::kClass, DType::kU8, {}, import.classes, false, "label"};
  for (const IdxSplit& split : import.splits) {
    TRY(const ImportedFile x, ImportFile(context, split.features, CheckFeatures, {}));
    TRY(const ImportedFile y, ImportFile(context, split.labels, CheckLabels, look));
    if (x.header.shape[0] != y.header.shape[0]) {
      return InvalidArgument(fmt::format("{} has {} rows, {} has {}", split.features.string(),
                                         x.header.shape[0], split.labels.string(), y.header.shape[0]),
                             "these two do not belong together, or one is incomplete");
    }
    const DatasetColumn column = FeatureColumnOf(x.header);
    const DType label_type = DTypeOfIdx(y.header.type);
    if (info.splits.empty()) {
      features = column;
      labels.dtype = label_type;
    } else if (column != features || label_type != labels.dtype) {
      return InvalidArgument(
          fmt::format("{}: rows of {}[{}], those of split '{}' are {}[{}]", split.features.string(),
                      DTypeName(column.dtype), fmt::join(column.shape, ", "), info.splits[0].name,
                      DTypeName(features.dtype), fmt::join(features.shape, ", ")),
          "all splits of a data set have rows of one type and shape");
    }
    info.splits.push_back({split.name, x.header.shape[0]});
    files.push_back({ColumnPath(split.name, features), x.blob.size, x.blob.digest});
    files.push_back({ColumnPath(split.name, labels), y.blob.size, y.blob.digest});
  }
  for (int64_t i = 0; given == 0 && i <= most; ++i) labels.classes.push_back(std::to_string(i));
  info.columns = {features, labels};
  const std::string text = DatasetText(info);
  TRY_STATUS(ParseDataset(text));  // names of splits that are no names are found here
  TRY(const BlobInfo description, store.Put(text));
  files.push_back({std::string(kDatasetFile), description.size, description.digest});
  TRY(Manifest manifest, Manifest::Make(std::move(files)));
  TRY(const Sha256Digest id, PutManifest(store, manifest));
  return ImportedDataset{id, std::move(manifest), std::move(info)};
}

}  // namespace sinter
