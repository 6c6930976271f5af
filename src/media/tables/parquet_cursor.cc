#include "media/tables/parquet_cursor.h"

#include <bit>
#include <cstring>

#include <fmt/format.h>

#include "media/tables/parquet_compression.h"

namespace sinter {
namespace {

// Bits of a level from 0 to `most`.
int LevelWidth(int most) { return std::bit_width(static_cast<unsigned>(most)); }

Result<std::vector<std::byte>> Unpacked(ParquetCodec codec, std::span<const std::byte> stored, size_t size) {
  if (size > kParquetPage)
    return Error{ErrorCode::kResourceExhausted,
                 fmt::format("a page of {} MiB; at most {} are read", size >> 20, kParquetPage >> 20),
                 "write it with smaller pages"};
  return DecompressParquet(codec, stored, size);
}

}  // namespace

ParquetCursor::ParquetCursor(std::span<const std::byte> file, const ParquetLeaf& leaf,
                             const ParquetChunk& chunk)
    : leaf_(leaf),
      codec_(chunk.codec),
      rest_(file.subspan(chunk.begin, chunk.end - chunk.begin)),
      left_(chunk.values) {}

Error ParquetCursor::InColumn(Error error) const {
  return std::move(error).In(fmt::format("column '{}'", leaf_.name));
}

Result<size_t> ParquetCursor::Available() {
  while (in_page_ == 0 && left_ > 0)
    if (Status opened = NextPage(); !opened) return InColumn(std::move(opened).error());
  return in_page_;
}

Status ParquetCursor::NextPage() {
  TRY(const ParquetPageHeader header, ReadParquetPageHeader(rest_));
  const auto stored = rest_.subspan(header.header_bytes, header.bytes);
  rest_ = rest_.subspan(header.header_bytes + header.bytes);
  switch (header.kind) {
    case ParquetPageHeader::Kind::kIndex:
      return {};
    case ParquetPageHeader::Kind::kDictionary:
      return OpenDictionary(header, stored);
    case ParquetPageHeader::Kind::kData:
    case ParquetPageHeader::Kind::kDataV2:
      break;
  }
  if (header.values > left_) return Corrupt("its pages hold more values than are said");
  TRY_STATUS(header.kind == ParquetPageHeader::Kind::kData ? OpenData(header, stored)
                                                           : OpenDataV2(header, stored));
  in_page_ = static_cast<size_t>(header.values);
  left_ -= header.values;
  return {};
}

Status ParquetCursor::OpenDictionary(const ParquetPageHeader& header, std::span<const std::byte> stored) {
  if (dictionary_) return Corrupt("it has two dictionaries");
  if (header.encoding != ParquetEncoding::kPlain && header.encoding != ParquetEncoding::kPlainDictionary)
    return Corrupt("its dictionary is encoded as none may be");
  TRY(dictionary_page_, Unpacked(codec_, stored, header.uncompressed_bytes));
  // A value takes a bit at least, so that the count cannot make memory of nothing.
  if (static_cast<uint64_t>(header.values) > dictionary_page_.size() * 8)
    return Corrupt(
        fmt::format("a dictionary of {} values in {} bytes", header.values, dictionary_page_.size()));
  TRY(const auto decoder, MakeParquetDecoder(leaf_, ParquetEncoding::kPlain, dictionary_page_, nullptr));
  RawParquetValues values;
  TRY_STATUS(decoder->Read(static_cast<size_t>(header.values), values));
  dictionary_ = std::move(values);
  return {};
}

Status ParquetCursor::OpenData(const ParquetPageHeader& header, std::span<const std::byte> stored) {
  TRY(page_, Unpacked(codec_, stored, header.uncompressed_bytes));
  std::span<const std::byte> values(page_);
  definitions_.reset();
  if (leaf_.max_definition > 0) {
    if (header.definition_encoding != ParquetEncoding::kRle)
      return Unsupported("its levels are packed as Parquet did before 2013");
    uint32_t length = 0;
    if (values.size() < sizeof(length)) return Corrupt("a page ends inside its levels");
    std::memcpy(&length, values.data(), sizeof(length));
    if (length > values.size() - sizeof(length)) return Corrupt("a page ends inside its levels");
    definitions_.emplace(values.subspan(sizeof(length), length), LevelWidth(leaf_.max_definition));
    values = values.subspan(sizeof(length) + length);
  }
  return OpenValues(header, values);
}

// Its levels stand before the values, uncompressed.
Status ParquetCursor::OpenDataV2(const ParquetPageHeader& header, std::span<const std::byte> stored) {
  const uint64_t levels = uint64_t{header.definition_bytes} + header.repetition_bytes;
  if (levels > stored.size() || levels > header.uncompressed_bytes)
    return Corrupt("a page ends inside its levels");
  const auto packed = stored.subspan(levels);
  TRY(std::vector<std::byte> values, Unpacked(header.compressed ? codec_ : ParquetCodec::kUncompressed,
                                              packed, header.uncompressed_bytes - levels));
  page_ = std::move(values);
  definitions_.reset();
  if (leaf_.max_definition > 0)
    definitions_.emplace(stored.subspan(header.repetition_bytes, header.definition_bytes),
                         LevelWidth(leaf_.max_definition));
  return OpenValues(header, page_);
}

Status ParquetCursor::OpenValues(const ParquetPageHeader& header, std::span<const std::byte> values) {
  // A page without a value may be without an encoding's first bytes too.
  decoder_.reset();
  if (values.empty()) return {};
  TRY(decoder_, MakeParquetDecoder(leaf_, header.encoding, values, dictionary_ ? &*dictionary_ : nullptr));
  return {};
}

Status ParquetCursor::Read(size_t rows, std::vector<uint8_t>& present, RawParquetValues& out) {
  SINTER_CHECK(rows <= in_page_);
  in_page_ -= rows;
  size_t values = rows;
  if (definitions_) {
    const auto most = static_cast<uint32_t>(leaf_.max_definition);
    values = 0;
    for (size_t i = 0; i < rows; ++i) {
      const auto level = definitions_->Next();
      if (!level) return InColumn(level.error());
      if (*level > most)
        return InColumn(Corrupt(fmt::format("a level of {} where {} is the most", *level, most)));
      present.push_back(*level == most ? 1 : 0);
      values += present.back();
    }
  } else {
    present.insert(present.end(), rows, uint8_t{1});
  }
  if (values == 0) return {};
  if (decoder_ == nullptr) return InColumn(Corrupt("a page ends before its values do"));
  if (Status read = decoder_->Read(values, out); !read) return InColumn(std::move(read).error());
  return {};
}

}  // namespace sinter
