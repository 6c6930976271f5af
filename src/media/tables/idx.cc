#include "media/tables/idx.h"

#include <algorithm>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "media/tables/gunzip.h"

namespace sinter {
namespace {

// Reads until `out` is full or the source ends.
Result<size_t> ReadFully(ByteSource& source, std::span<std::byte> out) {
  size_t size = 0;
  while (size < out.size()) {
    TRY(const size_t n, source.Read(out.subspan(size)));
    if (n == 0) break;
    size += n;
  }
  return size;
}

bool KnownType(uint8_t code) { return code == 0x08 || code == 0x09 || (code >= 0x0b && code <= 0x0e); }

}  // namespace

size_t IdxTypeSize(IdxType type) {
  switch (type) {
    case IdxType::kU8:
    case IdxType::kI8:
      return 1;
    case IdxType::kI16:
      return 2;
    case IdxType::kI32:
    case IdxType::kF32:
      return 4;
    case IdxType::kF64:
      return 8;
  }
  return 0;
}

std::string_view IdxTypeName(IdxType type) {
  switch (type) {
    case IdxType::kU8:
      return "u8";
    case IdxType::kI8:
      return "i8";
    case IdxType::kI16:
      return "i16";
    case IdxType::kI32:
      return "i32";
    case IdxType::kF32:
      return "f32";
    case IdxType::kF64:
      return "f64";
  }
  return "";
}

Result<IdxReader> IdxReader::Open(std::unique_ptr<ByteSource> source) {
  IdxReader reader;
  TRY(reader.source_, MaybeGunzip(std::move(source)));
  std::byte magic[4];
  TRY(const size_t n, ReadFully(*reader.source_, magic));
  const auto type = static_cast<uint8_t>(magic[2]);
  const auto rank = static_cast<size_t>(magic[3]);
  if (n < 4) return Corrupt(fmt::format("not IDX: {} bytes are no header", n));
  if (magic[0] != std::byte{0} || magic[1] != std::byte{0} || !KnownType(type)) {
    return Corrupt("not IDX: it starts with neither two zero bytes nor a known type",
                   "IDX files start with the bytes 00 00 08 and a rank, once unpacked");
  }
  if (rank == 0 || rank > 8) return Corrupt(fmt::format("IDX header claims rank {}; 1 to 8 exist", rank));
  std::byte sizes[8 * 4];
  TRY(const size_t got, ReadFully(*reader.source_, std::span(sizes).first(rank * 4)));
  if (got < rank * 4) return Corrupt("IDX header is truncated");
  reader.header_.type = static_cast<IdxType>(type);
  uint64_t bytes = IdxTypeSize(reader.header_.type);
  for (size_t i = 0; i < rank; ++i) {
    uint64_t size = 0;
    for (size_t j = 0; j < 4; ++j) size = size << 8 | static_cast<uint64_t>(sizes[i * 4 + j]);
    reader.header_.shape.push_back(static_cast<int64_t>(size));
    if (size != 0 && bytes > kIdxLimit / size) {
      return Corrupt(fmt::format("IDX header claims shape [{}...], more than {} bytes",
                                 fmt::join(reader.header_.shape, ", "), kIdxLimit));
    }
    bytes *= size;
  }
  reader.header_.bytes = bytes;
  return reader;
}

Result<size_t> IdxReader::Read(std::span<std::byte> out) {
  const size_t element = IdxTypeSize(header_.type);
  const uint64_t left = header_.bytes - done_;
  if (left == 0) {
    std::byte one[1];
    TRY(const size_t extra, source_->Read(one));  // at the end of gzip this verifies its checksum
    if (extra == 0) return size_t{0};
    return Corrupt(fmt::format("IDX data goes on after the {} bytes that its shape [{}] says", header_.bytes,
                               fmt::join(header_.shape, ", ")));
  }
  const size_t want = static_cast<size_t>(std::min<uint64_t>(left, out.size() / element * element));
  TRY(const size_t n, ReadFully(*source_, out.first(want)));
  if (n < want) {
    return Corrupt(fmt::format("IDX data is truncated: its shape [{}] says {} bytes, {} are there",
                               fmt::join(header_.shape, ", "), header_.bytes, done_ + n));
  }
  if (element > 1) {
    for (size_t i = 0; i < n; i += element) std::reverse(out.begin() + i, out.begin() + i + element);
  }
  done_ += n;
  return n;
}

Result<IdxArray> DecodeIdx(std::span<const std::byte> bytes, uint64_t limit) {
  TRY(IdxReader reader, IdxReader::Open(std::make_unique<SpanSource>(bytes)));
  if (reader.header().bytes > limit) {
    return Error{ErrorCode::kResourceExhausted,
                 fmt::format("IDX array of {} bytes; at most {} are read", reader.header().bytes, limit), ""};
  }
  IdxArray array{reader.header().type, reader.header().shape, {}};
  while (true) {
    const size_t have = array.bytes.size();
    // Grows by what is there, doubling: a lying header costs one block.
    const uint64_t left = reader.header().bytes - have;
    const uint64_t block = std::min<uint64_t>(left, std::max<uint64_t>(have, 64 << 10));
    array.bytes.resize(have + std::max<uint64_t>(block, 8));
    TRY(const size_t n, reader.Read(std::span(array.bytes).subspan(have)));
    array.bytes.resize(have + n);
    if (n == 0) return array;
  }
}

}  // namespace sinter
