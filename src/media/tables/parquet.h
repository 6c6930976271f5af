// Parquet files: flat columns of numbers, texts and bytes, in batches of rows.
// Reference: the format's own description, Apache Parquet 2.11. docs/decisions/0020 says why this reader is
// ours.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace sinter {

// Decimals are reals; dates, times and moments are texts as ISO 8601 has them (moments without a zone: where
// the file says that they are UTC, they are).
enum class ParquetKind : uint8_t { kBool, kInteger, kReal, kText, kBytes };
std::string_view ParquetKindName(ParquetKind kind);  // "bool", "integer", "real", "text", "bytes"

struct ParquetColumn {
  std::string name;  // inside groups, joined by '.'
  ParquetKind kind = ParquetKind::kInteger;
  bool nullable = false;
  // A list, or inside one: it is named here, and cannot be selected.
  bool repeated = false;
};

// A column's values in a batch, one for each row.
struct ParquetValues {
  std::vector<uint8_t> present;         // 0: null; its value is then 0, NaN or empty
  std::vector<int64_t> integers;        // of kBool (0 and 1) and kInteger
  std::vector<double> reals;            // of kReal
  std::vector<std::string_view> texts;  // of kText (UTF-8, checked) and kBytes; until the next batch
};

// One thread at a time. Holds a page and a dictionary of each selected column. `file`, all of it, outlives
// it.
class ParquetReader {
 public:
  // Errors: those of ReadParquetMetadata.
  static Result<std::unique_ptr<ParquetReader>> Open(std::span<const std::byte> file);
  ~ParquetReader();

  const std::vector<ParquetColumn>& columns() const { return columns_; }
  int64_t rows() const;
  // Which columns Next() reads, by index, in this order; before the first Next(). All by default.
  Status Select(std::vector<size_t> columns);
  // At most `most` rows, one ParquetValues for each selected column; 0 rows: the end. Batches end with the
  // pages of any column. Errors: kCorrupt, kUnsupported, naming the column; nothing can be read after one.
  Result<size_t> Next(size_t most, std::vector<ParquetValues>& batch);

 private:
  struct State;
  explicit ParquetReader(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
  std::vector<ParquetColumn> columns_;
};

}  // namespace sinter
