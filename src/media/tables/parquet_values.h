// The values of a page, decoded in whatever way they were encoded.
#pragma once

#include <memory>
#include <span>
#include <string_view>
#include <vector>

#include "media/tables/parquet_metadata.h"

namespace sinter {

// As they are stored, before their meaning: booleans and integers, floats, bytes (int96 and fixed ones too).
enum class ParquetStored : uint8_t { kInts, kReals, kBytes };
ParquetStored StoredAs(ParquetType type);

// One of the three holds values.
struct RawParquetValues {
  std::vector<int64_t> ints;
  std::vector<double> reals;
  std::vector<std::string_view> bytes;  // of the page or the dictionary
  size_t size() const { return ints.size() + reals.size() + bytes.size(); }
  void Clear();
};

// Gives a page's values in order, absent ones left out. What it was made of outlives it; one thread.
class ParquetDecoder {
 public:
  virtual ~ParquetDecoder() = default;
  // Appends `count`. Errors: kCorrupt.
  virtual Status Read(size_t count, RawParquetValues& out) = 0;
};

// `values`: how many the page says that it has, absent ones included. `dictionary` may be null. Errors:
// kCorrupt, kUnsupported (an encoding that does not go with the type), kResourceExhausted (a page that
// unfolds to more than kParquetPage bytes).
Result<std::unique_ptr<ParquetDecoder>> MakeParquetDecoder(const ParquetLeaf& leaf, ParquetEncoding encoding,
                                                           std::span<const std::byte> bytes,
                                                           const RawParquetValues* dictionary);

inline constexpr size_t kParquetPage = size_t{256} << 20;  // writers aim at one MiB

}  // namespace sinter
