// Parquet: as many rows as the footer says, every value within its bounds, and the same whatever the batches.
#include "media/tables/parquet.h"

#include "base/utf8.h"
#include "fuzz/targets.h"

namespace sinter {
namespace {

constexpr int64_t kRows = 100'000;  // nulls take no bytes: a file of a few may have any number of rows

struct Total {
  int64_t rows = 0;
  uint64_t hash = 14695981039346656037U;  // FNV-1a
  void Add(std::string_view bytes) {
    for (const char c : bytes) hash = (hash ^ static_cast<unsigned char>(c)) * 1099511628211U;
  }
};

Result<Total> ReadAll(ParquetReader& reader, std::span<const size_t> columns, size_t most) {
  Total total;
  std::vector<ParquetValues> batch;
  for (;;) {
    TRY(const size_t rows, reader.Next(most, batch));
    SINTER_CHECK(rows <= most && batch.size() == columns.size());
    if (rows == 0) return total;
    total.rows += static_cast<int64_t>(rows);
    for (size_t row = 0; row < rows; ++row) {
      for (size_t c = 0; c < columns.size(); ++c) {
        const ParquetKind kind = reader.columns()[columns[c]].kind;
        const ParquetValues& values = batch[c];
        SINTER_CHECK(values.present.size() == rows);
        SINTER_CHECK(values.present[row] == 1 || reader.columns()[columns[c]].nullable);
        total.Add(values.present[row] == 1 ? "1" : "0");
        if (kind == ParquetKind::kText || kind == ParquetKind::kBytes) {
          SINTER_CHECK(values.texts.size() == rows);
          if (kind == ParquetKind::kText) SINTER_CHECK(IsUtf8(values.texts[row]));
          total.Add(values.texts[row]);
        } else if (kind == ParquetKind::kReal) {
          SINTER_CHECK(values.reals.size() == rows);
        } else {
          SINTER_CHECK(values.integers.size() == rows);
          SINTER_CHECK(kind != ParquetKind::kBool || (values.integers[row] | 1) == 1);
          total.Add({reinterpret_cast<const char*>(&values.integers[row]), sizeof(int64_t)});
        }
      }
    }
  }
}

Status Run(std::span<const std::byte> input) {
  TRY(const auto first, ParquetReader::Open(input));
  if (first->rows() > kRows) return {};
  std::vector<size_t> columns;
  for (size_t i = 0; i < first->columns().size(); ++i)
    if (!first->columns()[i].repeated) columns.push_back(i);
  if (columns.empty()) return {};
  const Result<Total> whole = ReadAll(*first, columns, 4096);
  if (whole && whole->rows < 1000) {
    TRY(const auto second, ParquetReader::Open(input));
    const Result<Total> parts = ReadAll(*second, columns, 3);
    SINTER_CHECK(parts.has_value() && parts->rows == whole->rows && parts->hash == whole->hash);
  }
  if (!whole) return whole.error();
  SINTER_CHECK(whole->rows == first->rows());
  return {};
}

}  // namespace

// A zstd block of four bytes unfolds to 128 KiB.
FuzzTarget ParquetTarget() {
  return {&Run, {ErrorCode::kCorrupt, ErrorCode::kUnsupported, ErrorCode::kResourceExhausted}, 2048};
}

}  // namespace sinter
