#include <zlib.h>

#include <algorithm>

#include "media/tables/idx.h"

namespace sinter {

std::vector<std::byte> EncodeIdx(const IdxArray& array) {
  std::vector<std::byte> out{std::byte{0}, std::byte{0}, static_cast<std::byte>(array.type),
                             static_cast<std::byte>(array.shape.size())};
  const size_t element = IdxTypeSize(array.type);
  uint64_t bytes = element;
  for (const int64_t size : array.shape) {
    SINTER_CHECK(size >= 0 && size <= UINT32_MAX);
    bytes *= static_cast<uint64_t>(size);
    for (int shift = 24; shift >= 0; shift -= 8) out.push_back(static_cast<std::byte>(size >> shift & 0xff));
  }
  SINTER_CHECK(bytes == array.bytes.size());
  const size_t begin = out.size();
  out.insert(out.end(), array.bytes.begin(), array.bytes.end());
  for (size_t i = begin; element > 1 && i < out.size(); i += element) {
    std::reverse(out.begin() + static_cast<std::ptrdiff_t>(i),
                 out.begin() + static_cast<std::ptrdiff_t>(i + element));
  }
  return out;
}

std::vector<std::byte> Gzip(std::span<const std::byte> bytes) {
  z_stream stream{};
  SINTER_CHECK(::deflateInit2(&stream, 6, Z_DEFLATED, 16 + MAX_WBITS, 8, Z_DEFAULT_STRATEGY) == Z_OK);
  std::vector<std::byte> out(::deflateBound(&stream, bytes.size()));
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<std::byte*>(bytes.data()));
  stream.avail_in = static_cast<uInt>(bytes.size());
  stream.next_out = reinterpret_cast<Bytef*>(out.data());
  stream.avail_out = static_cast<uInt>(out.size());
  SINTER_CHECK(bytes.size() <= UINT32_MAX && ::deflate(&stream, Z_FINISH) == Z_STREAM_END);
  out.resize(stream.total_out);
  ::deflateEnd(&stream);
  return out;
}

}  // namespace sinter
