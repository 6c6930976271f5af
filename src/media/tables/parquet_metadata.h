// What a Parquet file says of itself in its footer and before each page.
// Reference: parquet.thrift and README.md of Apache Parquet's format, 2.11.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "media/tables/thrift_compact.h"

namespace sinter {

// As parquet.thrift numbers them.
enum class ParquetType : uint8_t {
  kBoolean = 0,
  kInt32 = 1,
  kInt64 = 2,
  kInt96 = 3,  // a moment: nanoseconds of the day, then the Julian day; no longer written, often met
  kFloat = 4,
  kDouble = 5,
  kByteArray = 6,
  kFixedLenByteArray = 7,
};
enum class ParquetCodec : uint8_t {
  kUncompressed = 0,
  kSnappy = 1,
  kGzip = 2,
  kLzo = 3,
  kBrotli = 4,
  kLz4 = 5,  // Hadoop's framing
  kZstd = 6,
  kLz4Raw = 7,
};
enum class ParquetEncoding : uint8_t {
  kPlain = 0,
  kPlainDictionary = 2,  // the older name of kRleDictionary in data pages, of kPlain in dictionaries
  kRle = 3,
  kBitPacked = 4,
  kDeltaBinaryPacked = 5,
  kDeltaLengthByteArray = 6,
  kDeltaByteArray = 7,
  kRleDictionary = 8,
  kByteStreamSplit = 9,
};

// What the bytes stand for, where it is more than their type.
enum class ParquetMeaning : uint8_t {
  kNone,
  kText,
  kUnsigned,  // an integer without sign
  kDecimal,   // an integer, or big-endian bytes of one, over 10^scale
  kDate,      // days since 1970-01-01
  kTime,      // since midnight, in `unit`
  kMoment,    // since 1970-01-01T00:00:00, in `unit`
  kHalf,      // two bytes: a 16-bit float
};
enum class ParquetUnit : uint8_t { kMilliseconds, kMicroseconds, kNanoseconds };

// A column: a leaf of the schema.
struct ParquetLeaf {
  std::string name;  // of nested groups, joined by '.'
  ParquetType type = ParquetType::kBoolean;
  int32_t length = 0;      // of kFixedLenByteArray, bytes
  int max_definition = 0;  // how many of its ancestors and itself may be absent
  bool repeated = false;   // it or an ancestor is a list: it is named, and not read
  ParquetMeaning meaning = ParquetMeaning::kNone;
  ParquetUnit unit = ParquetUnit::kMilliseconds;
  int32_t scale = 0;
};

// A column's pages in a row group.
struct ParquetChunk {
  ParquetCodec codec = ParquetCodec::kUncompressed;
  int64_t values = 0;  // absent ones included
  uint64_t begin = 0;  // in the file
  uint64_t end = 0;
};

struct ParquetRowGroup {
  int64_t rows = 0;
  std::vector<ParquetChunk> chunks;  // one for each leaf
};

struct ParquetMetadata {
  int64_t rows = 0;
  std::vector<ParquetLeaf> leaves;
  std::vector<ParquetRowGroup> groups;
};

inline constexpr size_t kParquetColumns = 10'000;

// `file` is all of it. Its ranges lie inside the file, its counts agree. Errors: kCorrupt (no Parquet file,
// cut off, or lying), kUnsupported (encrypted, columns in other files, more than kParquetColumns columns).
Result<ParquetMetadata> ReadParquetMetadata(std::span<const std::byte> file);

struct ParquetPageHeader {
  enum class Kind : uint8_t { kData = 0, kIndex = 1, kDictionary = 2, kDataV2 = 3 };
  Kind kind = Kind::kData;
  size_t header_bytes = 0;  // of this header itself
  uint32_t bytes = 0;       // of the page, as it is stored
  uint32_t uncompressed_bytes = 0;
  int64_t values = 0;
  ParquetEncoding encoding = ParquetEncoding::kPlain;
  ParquetEncoding definition_encoding = ParquetEncoding::kRle;  // of kData
  uint32_t definition_bytes = 0;                                // of kDataV2
  uint32_t repetition_bytes = 0;                                // of kDataV2
  bool compressed = true;                                       // of kDataV2
};

// `bytes` begin with a header; the page must lie in them too.
Result<ParquetPageHeader> ReadParquetPageHeader(std::span<const std::byte> bytes);

}  // namespace sinter
