#include "platform/data/dataset.h"

#include <algorithm>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "base/file.h"
#include "base/json.h"

namespace sinter {
namespace {

constexpr std::string_view kFormat = "sinter.dataset.v1";
constexpr uint64_t kFileLimit = uint64_t{1} << 42;

bool PlainName(std::string_view name) {
  return !name.empty() && name.size() <= 64 && name != "." && name != ".." &&
         std::ranges::all_of(name, [](char c) {
           return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' ||
                  c == '-';
         });
}

Result<DatasetColumn> ParseColumn(const Json& json, std::string where) {
  JsonReader reader(json, std::move(where));
  DatasetColumn column;
  column.name = reader.String("name");
  const std::string kind = reader.String("kind");
  const auto dtype = ParseDType(reader.String("dtype"));
  column.shape = reader.Ints("shape");
  column.classes = reader.Strings("classes");
  if (!PlainName(column.name)) reader.Fail("name", "must be letters, digits, '-' and '_', at most 64");
  if (kind == "picture")
    column.kind = ColumnKind::kPicture;
  else if (kind == "vector")
    column.kind = ColumnKind::kVector;
  else if (kind == "class")
    column.kind = ColumnKind::kClass;
  else
    reader.Fail("kind", "must be picture, vector or class");
  if (!dtype || DTypeSize(*dtype) == 0)
    reader.Fail("dtype", "must be a number's type: u8, i32, f32 ...");
  else
    column.dtype = *dtype;
  uint64_t bytes = 1;
  for (const int64_t d : column.shape) {
    if (d < 1 || bytes > (uint64_t{1} << 32) / static_cast<uint64_t>(d)) {
      reader.Fail("shape", "must hold sizes above 0, of at most 2^32 elements");
      break;
    }
    bytes *= static_cast<uint64_t>(d);
  }
  if (column.shape.size() > 8) reader.Fail("shape", "has more than 8 sizes");
  if (column.kind == ColumnKind::kClass) {
    if (!column.shape.empty() || !IsInteger(column.dtype))
      reader.Fail("shape", "of a class is one integer a row");
    if (column.classes.empty() || column.classes.size() > 65'536)
      reader.Fail("classes", "must be 1 to 65,536");
  } else if (!column.classes.empty()) {
    reader.Fail("classes", "belong to columns of kind class");
  }
  if (column.kind == ColumnKind::kPicture && column.shape.size() != 2 && column.shape.size() != 3) {
    reader.Fail("shape", "of a picture is [height, width] or [height, width, channels]");
  }
  TRY_STATUS(reader.Finish());
  return column;
}

Status CheckWhole(const DatasetInfo& info) {
  if (info.columns.empty() || info.splits.empty())
    return InvalidArgument("dataset.json: no columns or no splits");
  if (info.columns.size() > 64 || info.splits.size() > 64) {
    return InvalidArgument("dataset.json: more than 64 columns or splits");
  }
  for (size_t i = 0; i < info.columns.size(); ++i) {
    for (size_t j = 0; j < i; ++j) {
      if (info.columns[i].name == info.columns[j].name) {
        return InvalidArgument(
            fmt::format("dataset.json: the column '{}' stands twice", info.columns[i].name));
      }
    }
  }
  for (size_t i = 0; i < info.splits.size(); ++i) {
    const DatasetSplit& split = info.splits[i];
    for (size_t j = 0; j < i; ++j) {
      if (split.name == info.splits[j].name) {
        return InvalidArgument(fmt::format("dataset.json: the split '{}' stands twice", split.name));
      }
    }
    for (const DatasetColumn& column : info.columns) {
      if (static_cast<uint64_t>(split.rows) > kFileLimit / column.RowBytes()) {
        return InvalidArgument(
            fmt::format("dataset.json: split '{}' claims {} rows", split.name, split.rows));
      }
    }
  }
  return {};
}

}  // namespace

std::string_view ColumnKindName(ColumnKind kind) {
  switch (kind) {
    case ColumnKind::kPicture:
      return "picture";
    case ColumnKind::kVector:
      return "vector";
    case ColumnKind::kClass:
      return "class";
  }
  return "";
}

uint64_t DatasetColumn::RowBytes() const {
  uint64_t bytes = DTypeSize(dtype);
  for (const int64_t d : shape) bytes *= static_cast<uint64_t>(d);
  return bytes;
}

std::string ColumnPath(std::string_view split, std::string_view column) {
  return fmt::format("{}/{}.bin", split, column);
}

std::string DatasetText(const DatasetInfo& info) {
  Json columns = Json::array(), splits = Json::array();
  for (const DatasetColumn& c : info.columns) {
    Json column = {{"name", c.name},
                   {"kind", ColumnKindName(c.kind)},
                   {"dtype", DTypeName(c.dtype)},
                   {"shape", c.shape}};
    if (c.kind == ColumnKind::kClass) column["classes"] = c.classes;
    columns.push_back(std::move(column));
  }
  for (const DatasetSplit& s : info.splits) splits.push_back({{"name", s.name}, {"rows", s.rows}});
  return Json{{"columns", columns}, {"format", kFormat}, {"splits", splits}}.dump();
}

Result<DatasetInfo> ParseDataset(std::string_view text) {
  auto parsed = ParseJson(text, {.bytes = 16 << 20, .depth = 5});
  if (!parsed) return std::move(parsed).error().In(kDatasetFile);
  JsonReader reader(*parsed, std::string(kDatasetFile));
  const std::string format = reader.String("format");
  DatasetInfo info;
  for (const Json& item : reader.Array("columns")) {
    TRY(DatasetColumn column,
        ParseColumn(item, fmt::format("dataset.json: columns[{}]", info.columns.size())));
    info.columns.push_back(std::move(column));
  }
  for (const Json& item : reader.Array("splits")) {
    JsonReader split(item, fmt::format("dataset.json: splits[{}]", info.splits.size()));
    DatasetSplit s{split.String("name"), split.Int("rows")};
    if (!PlainName(s.name)) split.Fail("name", "must be letters, digits, '-' and '_', at most 64");
    if (s.rows < 0) split.Fail("rows", "must not be negative");
    TRY_STATUS(split.Finish());
    info.splits.push_back(std::move(s));
  }
  TRY_STATUS(reader.Finish());
  if (format != kFormat) {
    return Unsupported(
        fmt::format("dataset.json: format '{}'; this program reads {}", format.substr(0, 64), kFormat));
  }
  TRY_STATUS(CheckWhole(info));
  return info;
}

}  // namespace sinter
