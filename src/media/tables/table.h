// A table read in order: batches of rows, column by column. CSV, TSV, JSON Lines and Parquet all come this
// way.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace sinter {

// What a source itself says of its cells. CSV knows text alone; JSON Lines and Parquet know more.
enum class CellType : uint8_t { kText, kI64, kF64, kBool };
std::string_view CellTypeName(CellType type);  // "text", "i64", "f64", "bool"

struct TableField {
  std::string name;  // well-formed UTF-8, not empty, no control characters, unique in its table
  CellType type = CellType::kText;
  bool operator==(const TableField&) const = default;
};

// Bounds of every table.
inline constexpr size_t kTableFields = 4096;
inline constexpr size_t kFieldNameBytes = 256;
inline constexpr size_t kCellBytes = size_t{4} << 20;
inline constexpr size_t kRowBytes = size_t{16} << 20;

// The cells of one column. Which vector holds them follows from the type; `missing` has one entry a row.
struct TableColumn {
  std::vector<uint8_t> missing;         // 1: no value is there, and what stands in the others means nothing
  std::vector<int64_t> ints;            // kI64; of kBool 0 or 1
  std::vector<double> floats;           // kF64
  std::string bytes;                    // kText: all cells, one after another; well-formed UTF-8 each
  std::vector<uint64_t> offsets = {0};  // kText: rows + 1 of them

  void Clear();
  void AddMissing(CellType type);
  void AddText(std::string_view text);
  std::string_view Text(size_t row) const {
    return std::string_view(bytes).substr(offsets[row], offsets[row + 1] - offsets[row]);
  }
};

// Reused between calls, so that its memory is.
struct TableBatch {
  size_t rows = 0;
  std::vector<TableColumn> columns;  // in the fields' order
  std::vector<int64_t> lines;  // where each row begins in a text file, from 1; empty where there are none
  void Clear(size_t fields);
};

// One thread.
class TableReader {
 public:
  virtual ~TableReader() = default;
  virtual const std::vector<TableField>& fields() const = 0;
  // Replaces what `batch` holds by the next rows, at most `rows` of them, fewer where they are long; none:
  // the end. Errors say where: line and column, or row. After an error the reader is of no more use.
  virtual Status Next(TableBatch& batch, size_t rows) = 0;
};

// A column's name as a source gives it; why it is none, else "".
std::string_view FieldNameFault(std::string_view name);
// All names sound, none twice, 1 to kTableFields.
Status CheckFields(const std::vector<TableField>& fields);

}  // namespace sinter
