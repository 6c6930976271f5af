// Prints the rows of a Parquet file as JSON lists, for tests that compare with what others read.
//
// usage: sinter_parquet_rows FILE [BATCH]
#include <charconv>
#include <cmath>
#include <cstdio>
#include <string_view>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "base/file.h"
#include "base/json.h"
#include "media/tables/parquet.h"

namespace sinter {
namespace {

Json Cell(ParquetKind kind, const ParquetValues& values, size_t row) {
  if (values.present[row] == 0) return nullptr;
  switch (kind) {
    case ParquetKind::kBool:
      return values.integers[row] != 0;
    case ParquetKind::kInteger:
      return values.integers[row];
    case ParquetKind::kReal:
      // JSON has no such numbers.
      if (std::isnan(values.reals[row])) return "nan";
      if (std::isinf(values.reals[row])) return values.reals[row] > 0 ? "inf" : "-inf";
      return values.reals[row];
    case ParquetKind::kText:
      return std::string(values.texts[row]);
    case ParquetKind::kBytes:
      break;
  }
  std::string hex;
  for (const char c : values.texts[row]) hex += fmt::format("{:02x}", static_cast<unsigned char>(c));
  return hex;
}

Status Print(const Path& path, size_t most) {
  TRY(const auto file, MappedFile::Open(path));
  TRY(const auto reader, ParquetReader::Open(file->bytes()));
  std::vector<ParquetKind> kinds;
  Json head = Json::array();
  for (const ParquetColumn& column : reader->columns()) {
    if (!column.repeated) kinds.push_back(column.kind);
    head.push_back({column.name, column.repeated ? "list" : std::string(ParquetKindName(column.kind))});
  }
  std::puts(Json{{"columns", head}, {"rows", reader->rows()}}.dump().c_str());
  std::vector<ParquetValues> batch;
  for (;;) {
    TRY(const size_t rows, reader->Next(most, batch));
    if (rows == 0) return {};
    for (size_t row = 0; row < rows; ++row) {
      Json cells = Json::array();
      for (size_t c = 0; c < batch.size(); ++c) cells.push_back(Cell(kinds[c], batch[c], row));
      std::puts(cells.dump().c_str());
    }
  }
}

}  // namespace
}  // namespace sinter

int main(int argc, char** argv) {
  size_t most = 1000;
  const std::string_view batch = argc > 2 ? argv[2] : "1000";
  std::from_chars(batch.data(), batch.data() + batch.size(), most);
  const sinter::Status printed = sinter::Print(argc > 1 ? argv[1] : "", most);
  if (!printed) std::fprintf(stderr, "%s\n", printed.error().ToString().c_str());
  return printed ? 0 : 1;
}
