#include "platform/data/dataset.h"

#include <algorithm>
#include <functional>
#include <unordered_set>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "base/file.h"
#include "base/json.h"
#include "media/tables/table.h"

namespace sinter {
namespace {

constexpr std::string_view kFormat1 = "sinter.dataset.v1", kFormat2 = "sinter.dataset.v2";
constexpr uint64_t kFileLimit = uint64_t{1} << 42;
constexpr size_t kMostColumns = kTableFields;

bool PlainName(std::string_view name) {
  return !name.empty() && name.size() <= 64 && std::ranges::all_of(name, [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == '-';
  });
}

constexpr std::pair<ColumnKind, std::string_view> kKinds[] = {{ColumnKind::kPicture, "picture"},
                                                              {ColumnKind::kVector, "vector"},
                                                              {ColumnKind::kClass, "class"},
                                                              {ColumnKind::kNumber, "number"},
                                                              {ColumnKind::kText, "text"}};

// What v1 can say too.
bool Old(const DatasetColumn& column) {
  return column.kind != ColumnKind::kNumber && column.kind != ColumnKind::kText && !column.missing &&
         !column.remark && column.file == column.name && PlainName(column.name);
}

void CheckShape(JsonReader& reader, const DatasetColumn& column) {
  uint64_t elements = 1;
  for (const int64_t d : column.shape) {
    if (d < 1 || elements > (uint64_t{1} << 32) / static_cast<uint64_t>(d)) {
      reader.Fail("shape", "must hold sizes above 0, of at most 2^32 elements");
      break;
    }
    elements *= static_cast<uint64_t>(d);
  }
  const size_t rank = column.shape.size();
  if (rank > 8) reader.Fail("shape", "has more than 8 sizes");
  switch (column.kind) {
    case ColumnKind::kPicture:
      if (rank != 2 && rank != 3)
        reader.Fail("shape", "of a picture is [height, width] or [height, width, channels]");
      break;
    case ColumnKind::kVector:
      break;
    case ColumnKind::kClass:
      if (rank != 0 || !IsInteger(column.dtype)) reader.Fail("shape", "of a class is one integer a row");
      break;
    case ColumnKind::kNumber:
      if (rank != 0 || (column.dtype != DType::kI64 && column.dtype != DType::kF64))
        reader.Fail("shape", "of a number is one i64 or f64 a row");
      break;
    case ColumnKind::kText:
      if (rank != 0 || column.dtype != DType::kU8) reader.Fail("shape", "of a text is none, its dtype u8");
      break;
  }
}

Result<DatasetColumn> ParseColumn(const Json& json, std::string where, bool v2) {
  JsonReader reader(json, std::move(where));
  DatasetColumn column;
  column.name = reader.String("name");
  const std::string kind = reader.String("kind");
  const auto dtype = ParseDType(reader.String("dtype"));
  column.shape = reader.Ints("shape");
  column.classes = reader.Strings("classes");
  column.file = v2 ? reader.String("file") : column.name;
  column.missing = v2 && reader.Bool("missing", false);
  column.remark = v2 && reader.Bool("remark", false);
  if (!PlainName(column.file))
    reader.Fail(v2 ? "file" : "name", "must be letters, digits, '-' and '_', at most 64");
  if (const auto fault = FieldNameFault(column.name); !fault.empty()) reader.Fail("name", fault);
  const auto* known = std::ranges::find(kKinds, kind, [](const auto& k) { return k.second; });
  if (known == std::end(kKinds) || (!v2 && known->first > ColumnKind::kClass))
    reader.Fail("kind",
                v2 ? "must be picture, vector, class, number or text" : "must be picture, vector or class");
  else
    column.kind = known->first;
  if (!dtype || DTypeSize(*dtype) == 0)
    reader.Fail("dtype", "must be a number's type: u8, i32, f32 ...");
  else
    column.dtype = *dtype;
  CheckShape(reader, column);
  if (column.kind == ColumnKind::kClass) {
    if (column.classes.empty() || column.classes.size() > 65'536)
      reader.Fail("classes", "must be 1 to 65,536");
  } else if (!column.classes.empty()) {
    reader.Fail("classes", "belong to columns of kind class");
  }
  if (column.missing && (column.kind == ColumnKind::kPicture || column.kind == ColumnKind::kVector))
    reader.Fail("missing", "is not offered for pictures and vectors");
  TRY_STATUS(reader.Finish());
  return column;
}

template <class Items, class Projection>
Status CheckUnique(const Items& items, Projection name, std::string_view what) {
  std::unordered_set<std::string_view> seen;
  for (const auto& item : items) {
    if (!seen.insert(std::invoke(name, item)).second)
      return InvalidArgument(
          fmt::format("dataset.json: the {} '{}' stands twice", what, std::invoke(name, item)));
  }
  return {};
}

Status CheckWhole(const DatasetInfo& info) {
  if (info.columns.empty() || info.splits.empty())
    return InvalidArgument("dataset.json: no columns or no splits");
  if (info.columns.size() > kMostColumns || info.splits.size() > 64) {
    return InvalidArgument("dataset.json: more than 4,096 columns or 64 splits");
  }
  TRY_STATUS(CheckUnique(info.columns, &DatasetColumn::name, "column"));
  TRY_STATUS(CheckUnique(info.columns, &DatasetColumn::file, "column's file"));
  TRY_STATUS(CheckUnique(info.splits, &DatasetSplit::name, "split"));
  for (const DatasetSplit& split : info.splits) {
    for (const DatasetColumn& column : info.columns) {
      if (static_cast<uint64_t>(split.rows) >= kFileLimit / column.RowBytes()) {
        return InvalidArgument(
            fmt::format("dataset.json: split '{}' claims {} rows", split.name, split.rows));
      }
    }
  }
  if (info.label.empty()) return {};
  const auto label = std::ranges::find(info.columns, info.label, &DatasetColumn::name);
  if (label == info.columns.end() || label->kind != ColumnKind::kClass)
    return InvalidArgument(fmt::format("dataset.json: the label '{}' is no column of classes", info.label));
  return {};
}

}  // namespace

std::string_view ColumnKindName(ColumnKind kind) {
  for (const auto& [known, name] : kKinds) {
    if (known == kind) return name;
  }
  return "";
}

uint64_t DatasetColumn::RowBytes() const {
  uint64_t bytes = kind == ColumnKind::kText ? sizeof(uint64_t) : DTypeSize(dtype);
  for (const int64_t d : shape) bytes *= static_cast<uint64_t>(d);
  return bytes;
}

std::string ColumnPath(std::string_view split, const DatasetColumn& column) {
  return fmt::format("{}/{}.bin", split, column.file);
}
std::string OffsetsPath(std::string_view split, const DatasetColumn& column) {
  return fmt::format("{}/{}.offsets", split, column.file);
}
std::string MissingPath(std::string_view split, const DatasetColumn& column) {
  return fmt::format("{}/{}.missing", split, column.file);
}

void NameFiles(std::vector<DatasetColumn>& columns) {
  std::unordered_set<std::string> taken;
  for (DatasetColumn& column : columns) {
    column.file = PlainName(column.name) ? column.name : "";
    if (!column.file.empty()) taken.insert(column.file);
  }
  for (DatasetColumn& column : columns) {
    if (!column.file.empty()) continue;
    std::string plain;
    for (const char c : column.name) {
      if (plain.size() == 48) break;
      if (PlainName(std::string_view(&c, 1)))
        plain += c;
      else if (!plain.empty() && plain.back() != '_')
        plain += '_';
    }
    while (plain.ends_with('_')) plain.pop_back();
    if (plain.empty()) plain = "column";
    column.file = plain;
    for (int n = 2; !taken.insert(column.file).second; ++n) column.file = fmt::format("{}_{}", plain, n);
  }
}

std::string DatasetText(const DatasetInfo& info) {
  const bool old = info.label.empty() && std::ranges::all_of(info.columns, Old) && info.columns.size() <= 64;
  Json columns = Json::array(), splits = Json::array();
  for (const DatasetColumn& c : info.columns) {
    Json column = {{"name", c.name},
                   {"kind", ColumnKindName(c.kind)},
                   {"dtype", DTypeName(c.dtype)},
                   {"shape", c.shape}};
    if (c.kind == ColumnKind::kClass) column["classes"] = c.classes;
    if (!old) {
      column["file"] = c.file;
      column["missing"] = c.missing;
      if (c.remark) column["remark"] = true;
    }
    columns.push_back(std::move(column));
  }
  for (const DatasetSplit& s : info.splits) splits.push_back({{"name", s.name}, {"rows", s.rows}});
  Json text = {{"columns", columns}, {"format", old ? kFormat1 : kFormat2}, {"splits", splits}};
  if (!old) text["label"] = info.label;
  return text.dump();
}

Result<DatasetInfo> ParseDataset(std::string_view text) {
  auto parsed = ParseJson(text, {.bytes = 16 << 20, .depth = 5});
  if (!parsed) return std::move(parsed).error().In(kDatasetFile);
  JsonReader reader(*parsed, std::string(kDatasetFile));
  const std::string format = reader.String("format");
  const bool v2 = format == kFormat2;
  DatasetInfo info;
  for (const Json& item : reader.Array("columns")) {
    TRY(DatasetColumn column,
        ParseColumn(item, fmt::format("dataset.json: columns[{}]", info.columns.size()), v2));
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
  if (v2) info.label = reader.String("label", "");
  TRY_STATUS(reader.Finish());
  if (format != kFormat1 && !v2) {
    return Unsupported(fmt::format("dataset.json: format '{}'; this program reads {} and {}",
                                   format.substr(0, 64), kFormat1, kFormat2));
  }
  TRY_STATUS(CheckWhole(info));
  return info;
}

}  // namespace sinter
