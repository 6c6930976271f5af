// A table from a file, by what its name says.
#pragma once

#include <functional>

#include "base/file.h"
#include "media/tables/csv.h"
#include "media/tables/jsonl.h"

namespace sinter {

enum class TableFormat : uint8_t { kCsv, kJsonLines, kParquet };

// NAME.csv, .tsv, .txt, .data (CSV); .jsonl, .ndjson (JSON Lines); each with .gz after it or not; .parquet.
// None: no table.
std::optional<TableFormat> TableFormatOf(const Path& path);

struct TableFileOptions {
  CsvOptions csv;  // of .tsv the delimiter is a tab where none is given
  JsonLinesOptions json_lines;
  // Told of the file's bytes as they are read, packed or not. Null: nobody.
  std::function<void(uint64_t read)> on_read;
};

// The file is read as it is asked for (Parquet: mapped); of JSON Lines it is read once before. Errors name
// the file.
Result<std::unique_ptr<TableReader>> OpenTableFile(const Path& path, const TableFileOptions& options = {});

}  // namespace sinter
