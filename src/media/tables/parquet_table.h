// A Parquet file as a table.
#pragma once

#include <memory>

#include "base/file.h"
#include "media/tables/table.h"

namespace sinter {

// Numbers, bools and texts; dates and moments as texts. The file is mapped as long as the reader lives.
// Errors: those of ParquetReader, and kUnsupported for a column of lists or of bytes that are no text, naming
// it.
Result<std::unique_ptr<TableReader>> OpenParquetTable(std::shared_ptr<const MappedFile> file);

}  // namespace sinter
