// From what Parquet stores to what it means.
#pragma once

#include <string>

#include "media/tables/parquet.h"
#include "media/tables/parquet_values.h"

namespace sinter {

ParquetKind KindOf(const ParquetLeaf& leaf);

// Fills `out` for `out.present`, whose ones are `raw`'s values in order. `own` holds texts that are made here
// (dates, moments) as long as `out` needs them. Errors (kCorrupt): text that is not UTF-8, an unsigned number
// over 2^63 - 1 (kUnsupported).
Status ConvertParquetValues(const ParquetLeaf& leaf, const RawParquetValues& raw, std::string& own,
                            ParquetValues& out);

}  // namespace sinter
