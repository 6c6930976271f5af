// The ways in which Parquet compresses a page.
#pragma once

#include <cstddef>
#include <span>
#include <vector>

#include "base/result.h"
#include "media/tables/parquet_metadata.h"

namespace sinter {

// Into exactly `size` bytes. Memory follows what the bytes hold, not what `size` claims. Errors: kCorrupt,
// kUnsupported (LZO, Brotli, LZ4 in Hadoop's framing).
Result<std::vector<std::byte>> DecompressParquet(ParquetCodec codec, std::span<const std::byte> bytes,
                                                 size_t size);

}  // namespace sinter
