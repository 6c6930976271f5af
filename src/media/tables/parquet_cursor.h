// A column of a row group, read page by page.
#pragma once

#include <memory>
#include <optional>
#include <span>
#include <vector>

#include "media/tables/parquet_bits.h"
#include "media/tables/parquet_values.h"

namespace sinter {

// Holds one page and the dictionary. The file's bytes and metadata outlive it; one thread. Every error names
// the column.
class ParquetCursor {
 public:
  ParquetCursor(std::span<const std::byte> file, const ParquetLeaf& leaf, const ParquetChunk& chunk);
  // Rows that can be read from the page at hand, the next one opened where it is used up; 0 at the end.
  Result<size_t> Available();
  // Appends `rows` (at most Available()) to `present`, and the values of those that are there to `out`, whose
  // views last until the next Available().
  Status Read(size_t rows, std::vector<uint8_t>& present, RawParquetValues& out);

 private:
  Status NextPage();
  Status OpenDictionary(const ParquetPageHeader& header, std::span<const std::byte> stored);
  Status OpenData(const ParquetPageHeader& header, std::span<const std::byte> stored);
  Status OpenDataV2(const ParquetPageHeader& header, std::span<const std::byte> stored);
  Status OpenValues(const ParquetPageHeader& header, std::span<const std::byte> values);
  Error InColumn(Error error) const;

  const ParquetLeaf& leaf_;
  ParquetCodec codec_;
  std::span<const std::byte> rest_;
  int64_t left_;  // values of the chunk that no page opened so far holds
  size_t in_page_ = 0;
  std::vector<std::byte> dictionary_page_, page_;
  std::optional<RawParquetValues> dictionary_;
  std::optional<ParquetHybrid> definitions_;  // absent: every value is there
  std::unique_ptr<ParquetDecoder> decoder_;
};

}  // namespace sinter
