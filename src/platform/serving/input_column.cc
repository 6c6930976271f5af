#include "platform/serving/input_column.h"

#include <algorithm>
#include <cstring>

#include <fmt/format.h>

namespace sinter {
namespace {

bool IsNumber(DType dtype) { return dtype == DType::kF64 || dtype == DType::kF32; }

bool Fits(const DatasetColumn& column, DType dtype, bool categories) {
  switch (column.kind) {
    case ColumnKind::kNumber:
      return !categories && IsNumber(dtype);
    case ColumnKind::kClass:
      return categories && dtype == DType::kI64;
    case ColumnKind::kText:
      return false;
    default:
      return !categories && dtype == column.dtype;
  }
}

}  // namespace

Result<InputColumn> FindInputColumn(const DatasetVersion& version, std::string_view input, DType dtype,
                                    std::span<const std::string> categories, bool only) {
  auto found = version.ColumnIndex(input);
  if (!found && only) found = version.FeatureColumn();
  if (!found) return std::move(found).error().In(fmt::format("input '{}'", input));
  const DatasetColumn& column = version.info().columns[*found];
  if (!Fits(column, dtype, !categories.empty())) {
    return InvalidArgument(fmt::format("input '{}' is {}; column '{}' is a {} of {}", input,
                                       categories.empty() ? DTypeName(dtype) : "a class", column.name,
                                       ColumnKindName(column.kind), DTypeName(column.dtype)));
  }
  InputColumn read{std::string(input), dtype, *found, {}};
  for (const std::string& name : column.classes) {
    const auto at = std::ranges::find(categories, name);
    read.indexes.push_back(at == categories.end() ? -1 : at - categories.begin());
  }
  return read;
}

Result<Tensor> ReadInput(const DatasetVersion& version, size_t split, const InputColumn& input,
                         std::span<const int64_t> rows) {
  const DatasetColumn& column = version.info().columns[input.column];
  Dims dims = column.shape;
  dims.insert(dims.begin(), static_cast<int64_t>(rows.size()));
  TRY(Tensor tensor, Tensor::Create(input.dtype, std::move(dims)));
  if (column.kind == ColumnKind::kNumber) {
    for (size_t i = 0; i < rows.size(); ++i) {
      const double number = version.Number(split, input.column, rows[i]);
      if (input.dtype == DType::kF64)
        tensor.mutable_data<double>()[i] = number;
      else
        tensor.mutable_data<float>()[i] = static_cast<float>(number);
    }
  } else if (column.kind == ColumnKind::kClass) {
    for (size_t i = 0; i < rows.size(); ++i) {
      const int64_t known = version.Class(split, input.column, rows[i]);
      tensor.mutable_data<int64_t>()[i] = known < 0 ? -1 : input.indexes[static_cast<size_t>(known)];
    }
  } else {
    const size_t bytes = column.RowBytes();
    for (size_t i = 0; bytes > 0 && i < rows.size(); ++i)
      std::memcpy(tensor.mutable_raw() + i * bytes, version.Row(split, input.column, rows[i]).data(), bytes);
  }
  return tensor;
}

}  // namespace sinter
