#include "media/tables/table.h"

#include <algorithm>
#include <unordered_set>

#include <fmt/format.h>

#include "base/utf8.h"

namespace sinter {

std::string_view CellTypeName(CellType type) {
  switch (type) {
    case CellType::kText:
      return "text";
    case CellType::kI64:
      return "i64";
    case CellType::kF64:
      return "f64";
    case CellType::kBool:
      return "bool";
  }
  return "";
}

void TableColumn::Clear() {
  missing.clear();
  ints.clear();
  floats.clear();
  bytes.clear();
  offsets.assign(1, 0);
}

void TableColumn::AddMissing(CellType type) {
  missing.push_back(1);
  if (type == CellType::kText)
    offsets.push_back(bytes.size());
  else if (type == CellType::kF64)
    floats.push_back(0);
  else
    ints.push_back(0);
}

void TableColumn::AddText(std::string_view text) {
  missing.push_back(0);
  bytes.append(text);
  offsets.push_back(bytes.size());
}

void TableBatch::Clear(size_t fields) {
  rows = 0;
  columns.resize(fields);
  for (TableColumn& column : columns) column.Clear();
  lines.clear();
}

std::string_view FieldNameFault(std::string_view name) {
  if (name.empty()) return "is empty";
  if (name.size() > kFieldNameBytes) return "is longer than 256 bytes";
  if (std::ranges::any_of(name, [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; }))
    return "holds a control character";
  if (!IsUtf8(name)) return "is no UTF-8";
  return "";
}

Status CheckFields(const std::vector<TableField>& fields) {
  if (fields.empty()) return InvalidArgument("a table without columns");
  if (fields.size() > kTableFields) {
    return InvalidArgument(fmt::format("{} columns; at most {} are read", fields.size(), kTableFields));
  }
  std::unordered_set<std::string_view> seen;
  for (size_t i = 0; i < fields.size(); ++i) {
    if (const auto fault = FieldNameFault(fields[i].name); !fault.empty())
      return InvalidArgument(fmt::format("the name of column {} {}", i + 1, fault));
    if (!seen.insert(fields[i].name).second)
      return InvalidArgument(fmt::format("the column '{}' stands twice", fields[i].name));
  }
  return {};
}

}  // namespace sinter
