#include "media/tables/parquet_table.h"

#include <fmt/format.h>

#include "media/tables/parquet.h"

namespace sinter {
namespace {

CellType TypeOf(ParquetKind kind) {
  switch (kind) {
    case ParquetKind::kBool:
      return CellType::kBool;
    case ParquetKind::kInteger:
      return CellType::kI64;
    case ParquetKind::kReal:
      return CellType::kF64;
    case ParquetKind::kText:
    case ParquetKind::kBytes:
      break;
  }
  return CellType::kText;
}

class ParquetTable final : public TableReader {
 public:
  ParquetTable(std::shared_ptr<const MappedFile> file, std::unique_ptr<ParquetReader> reader,
               std::vector<TableField> fields)
      : file_(std::move(file)), reader_(std::move(reader)), fields_(std::move(fields)) {}
  const std::vector<TableField>& fields() const override { return fields_; }

  Status Next(TableBatch& batch, size_t rows) override {
    batch.Clear(fields_.size());
    if (rows == 0) return InvalidArgument("a batch of no rows");
    TRY(batch.rows, reader_->Next(rows, values_));
    for (size_t c = 0; c < fields_.size() && batch.rows > 0; ++c) {
      for (size_t r = 0; r < batch.rows; ++r) Add(batch.columns[c], fields_[c].type, values_[c], r);
    }
    return {};
  }

 private:
  static void Add(TableColumn& column, CellType type, const ParquetValues& values, size_t row) {
    if (values.present[row] == 0) return column.AddMissing(type);
    if (type == CellType::kText) return column.AddText(values.texts[row]);
    column.missing.push_back(0);
    if (type == CellType::kF64)
      column.floats.push_back(values.reals[row]);
    else
      column.ints.push_back(values.integers[row]);
  }

  std::shared_ptr<const MappedFile> file_;  // outlives the reader
  std::unique_ptr<ParquetReader> reader_;
  std::vector<TableField> fields_;
  std::vector<ParquetValues> values_;
};

}  // namespace

Result<std::unique_ptr<TableReader>> OpenParquetTable(std::shared_ptr<const MappedFile> file) {
  TRY(auto reader, ParquetReader::Open(file->bytes()));
  std::vector<TableField> fields;
  fields.reserve(reader->columns().size());
  for (const ParquetColumn& column : reader->columns()) {
    if (column.repeated || column.kind == ParquetKind::kBytes) {
      return Unsupported(fmt::format("column '{}' holds {}", column.name,
                                     column.repeated ? "lists" : "bytes that are no text"),
                         "leave it out where the file is written");
    }
    fields.push_back({column.name, TypeOf(column.kind)});
  }
  TRY_STATUS(CheckFields(fields));
  return std::unique_ptr<TableReader>(
      std::make_unique<ParquetTable>(std::move(file), std::move(reader), std::move(fields)));
}

}  // namespace sinter
