#include "platform/data/features.h"

#include <cmath>

#include <fmt/format.h>

namespace sinter {
namespace {

Result<std::vector<size_t>> Columns(const DatasetVersion& version, const std::vector<std::string>& names,
                                    size_t label) {
  std::vector<size_t> columns;
  const auto usable = [&](size_t c) {
    const ColumnKind kind = version.info().columns[c].kind;
    return kind == ColumnKind::kNumber || kind == ColumnKind::kClass;
  };
  for (size_t c = 0; names.empty() && c < version.info().columns.size(); ++c) {
    if (c != label && !version.info().columns[c].remark && usable(c)) columns.push_back(c);
  }
  for (const std::string& name : names) {
    TRY(const size_t c, version.ColumnIndex(name));
    const DatasetColumn& column = version.info().columns[c];
    if (c == label) return InvalidArgument(fmt::format("'{}' is the label, and no feature", name));
    if (!usable(c)) {
      return Unsupported(fmt::format("column '{}' is a {}; a table's features are numbers and classes", name,
                                     ColumnKindName(column.kind)));
    }
    columns.push_back(c);
  }
  if (columns.empty()) return Unsupported("the data set has no numbers or classes beside its label");
  return columns;
}

Result<FeatureRows> Rows(const DatasetVersion& version, std::string_view split,
                         const std::vector<size_t>& columns, size_t label) {
  TRY(const size_t s, version.SplitIndex(split));
  FeatureRows rows;
  for (int64_t row = 0; row < version.Rows(s); ++row) {
    const int64_t known = version.Class(s, label, row);
    if (known < 0) {
      ++rows.left_out;
      continue;
    }
    rows.labels.push_back(known);
    for (const size_t c : columns) {
      const bool is_class = version.info().columns[c].kind == ColumnKind::kClass;
      rows.values.push_back(is_class ? static_cast<double>(version.Class(s, c, row))
                                     : version.Number(s, c, row));
    }
  }
  return rows;
}

// Two exact passes.
void Standardise(FeatureInfo& feature, const FeatureRows& rows, size_t column, size_t columns) {
  double sum = 0, squares = 0;
  int64_t count = 0;
  for (size_t i = column; i < rows.values.size(); i += columns) {
    if (std::isfinite(rows.values[i])) {
      sum += rows.values[i];
      ++count;
    }
  }
  if (count == 0) return;
  feature.mean = sum / static_cast<double>(count);
  for (size_t i = column; i < rows.values.size(); i += columns) {
    if (std::isfinite(rows.values[i]))
      squares += (rows.values[i] - feature.mean) * (rows.values[i] - feature.mean);
  }
  const double deviation = std::sqrt(squares / static_cast<double>(count));
  // What is equal but for the rounding of its mean is not blown up.
  feature.deviation = deviation > 1e-12 * std::abs(feature.mean) ? deviation : 1;
}

}  // namespace

std::vector<size_t> FeatureColumns(const std::vector<DatasetColumn>& columns, size_t label) {
  std::vector<size_t> all, measured;
  for (size_t c = 0; c < columns.size(); ++c) {
    if (c == label || columns[c].remark) continue;
    all.push_back(c);
    if (columns[c].kind == ColumnKind::kPicture || columns[c].kind == ColumnKind::kVector)
      measured.push_back(c);
  }
  return measured.empty() ? all : measured;
}

Result<FeatureTable> ReadFeatures(const DatasetVersion& version, const std::vector<std::string>& names,
                                  std::string_view train, std::string_view test) {
  TRY(const size_t label, version.LabelColumn());
  TRY(const std::vector<size_t> columns, Columns(version, names, label));
  FeatureTable table;
  table.classes = version.info().columns[label].classes;
  TRY(table.train, Rows(version, train, columns, label));
  TRY(table.test, Rows(version, test, columns, label));
  if (table.train.labels.empty())
    return InvalidArgument(fmt::format("the split {} has no row with a label", train));
  for (size_t i = 0; i < columns.size(); ++i) {
    const DatasetColumn& column = version.info().columns[columns[i]];
    FeatureInfo& feature = table.features.emplace_back(FeatureInfo{column.name, column.classes});
    if (column.kind == ColumnKind::kNumber) Standardise(feature, table.train, i, columns.size());
  }
  return table;
}

}  // namespace sinter
