#include "media/tables/parquet_compression.h"

#include <lz4.h>
#include <snappy-c.h>
#include <zlib.h>
#include <zstd.h>

#include <algorithm>
#include <memory>

#include <fmt/format.h>

namespace sinter {
namespace {

using Bytes = std::vector<std::byte>;

Error Damaged(std::string_view how) {
  return Corrupt(
      fmt::format("a page compressed with {} is damaged, or has another length than is said", how));
}

// Room for what comes next: doubled as it fills, never over `size`. False: full.
bool Grow(Bytes& out, size_t used, size_t size) {
  if (used < out.size()) return true;
  if (out.size() == size) return false;
  out.resize(std::min(size, std::max<size_t>(out.size() * 2, 64 << 10)));
  return true;
}

Result<Bytes> Snappy(std::span<const std::byte> bytes, size_t size) {
  // Its densest copy makes 64 bytes of 3.
  if (size / 32 > bytes.size()) return Damaged("snappy");
  const auto* in = reinterpret_cast<const char*>(bytes.data());
  size_t length = 0;
  if (snappy_uncompressed_length(in, bytes.size(), &length) != SNAPPY_OK || length != size)
    return Damaged("snappy");
  Bytes out(size);
  if (snappy_uncompress(in, bytes.size(), reinterpret_cast<char*>(out.data()), &length) != SNAPPY_OK ||
      length != size)
    return Damaged("snappy");
  return out;
}

Result<Bytes> Lz4(std::span<const std::byte> bytes, size_t size) {
  // Each byte of a length stands for 255 at most.
  if (size / 256 > bytes.size() || bytes.size() > INT32_MAX || size > INT32_MAX) return Damaged("LZ4");
  Bytes out(size);
  const int made =
      LZ4_decompress_safe(reinterpret_cast<const char*>(bytes.data()), reinterpret_cast<char*>(out.data()),
                          static_cast<int>(bytes.size()), static_cast<int>(size));
  if (made < 0 || static_cast<size_t>(made) != size) return Damaged("LZ4");
  return out;
}

Result<Bytes> Gzip(std::span<const std::byte> bytes, size_t size) {
  z_stream stream{};
  if (bytes.size() > UINT32_MAX || inflateInit2(&stream, 15 + 32) != Z_OK) return Damaged("gzip");
  const std::unique_ptr<z_stream, int (*)(z_stream*)> ending(&stream, &inflateEnd);
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<std::byte*>(bytes.data()));
  stream.avail_in = static_cast<uInt>(bytes.size());
  Bytes out;
  size_t used = 0;
  int code = Z_OK;
  // Several members may follow one another.
  while (code == Z_OK || (code == Z_STREAM_END && used < size && stream.avail_in > 0)) {
    if (code == Z_STREAM_END && inflateReset(&stream) != Z_OK) break;
    // One byte over, so that more than is said is seen.
    if (!Grow(out, used, size + 1)) break;
    stream.next_out = reinterpret_cast<Bytef*>(out.data() + used);
    stream.avail_out = static_cast<uInt>(std::min<size_t>(out.size() - used, UINT32_MAX));
    const uInt room = stream.avail_out;
    code = inflate(&stream, Z_NO_FLUSH);
    used += room - stream.avail_out;
    if (code == Z_BUF_ERROR && stream.avail_in > 0) code = Z_OK;
  }
  if (code != Z_STREAM_END || used != size) return Damaged("gzip");
  out.resize(size);
  return out;
}

Result<Bytes> Zstd(std::span<const std::byte> bytes, size_t size) {
  const std::unique_ptr<ZSTD_DStream, size_t (*)(ZSTD_DStream*)> stream(ZSTD_createDStream(),
                                                                        &ZSTD_freeDStream);
  // A window is memory before any byte is there.
  if (stream == nullptr || ZSTD_isError(ZSTD_DCtx_setParameter(stream.get(), ZSTD_d_windowLogMax, 25)))
    return Internal("zstd cannot be set up");
  ZSTD_inBuffer in{bytes.data(), bytes.size(), 0};
  Bytes out;
  size_t used = 0, wanted = 1;
  while (wanted != 0 || in.pos < in.size) {
    if (!Grow(out, used, size + 1)) return Damaged("zstd");
    ZSTD_outBuffer room{out.data(), out.size(), used};
    const size_t before = in.pos;
    wanted = ZSTD_decompressStream(stream.get(), &room, &in);
    if (ZSTD_isError(wanted) || (in.pos == before && room.pos == used && wanted != 0)) return Damaged("zstd");
    used = room.pos;
  }
  if (used != size) return Damaged("zstd");
  out.resize(size);
  return out;
}

}  // namespace

Result<Bytes> DecompressParquet(ParquetCodec codec, std::span<const std::byte> bytes, size_t size) {
  if (bytes.empty() && size == 0) return Bytes();  // a page of absent values alone
  switch (codec) {
    case ParquetCodec::kUncompressed:
      if (bytes.size() != size) return Corrupt("a page has another length than is said");
      return Bytes(bytes.begin(), bytes.end());
    case ParquetCodec::kSnappy:
      return Snappy(bytes, size);
    case ParquetCodec::kGzip:
      return Gzip(bytes, size);
    case ParquetCodec::kZstd:
      return Zstd(bytes, size);
    case ParquetCodec::kLz4Raw:
      return Lz4(bytes, size);
    case ParquetCodec::kLzo:
    case ParquetCodec::kBrotli:
    case ParquetCodec::kLz4:
      break;
  }
  return Unsupported(fmt::format("its pages are compressed with {}", codec == ParquetCodec::kBrotli ? "Brotli"
                                                                     : codec == ParquetCodec::kLzo
                                                                         ? "LZO"
                                                                         : "LZ4 in Hadoop's framing"),
                     "write it with snappy, gzip, zstd, lz4_raw or none");
}

}  // namespace sinter
