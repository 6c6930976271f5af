#include "media/pictures/png.h"

#include <zlib.h>

#include <vector>

#include <fmt/format.h>

namespace sinter {
namespace {

void PutU32(std::string& out, uint32_t value) {
  for (int shift = 24; shift >= 0; shift -= 8) out.push_back(static_cast<char>(value >> shift & 0xff));
}

void PutChunk(std::string& out, std::string_view type, std::string_view data) {
  PutU32(out, static_cast<uint32_t>(data.size()));
  const size_t begin = out.size();
  out.append(type);
  out.append(data);
  const auto* bytes = reinterpret_cast<const Bytef*>(out.data() + begin);
  PutU32(out, static_cast<uint32_t>(::crc32_z(0, bytes, out.size() - begin)));
}

}  // namespace

Result<std::string> EncodePng(std::span<const uint8_t> pixels, int64_t height, int64_t width,
                              int64_t channels) {
  if (height < 1 || width < 1 || height > 65535 || width > 65535 || (channels != 1 && channels != 3)) {
    return InvalidArgument(fmt::format("no PNG of {} x {} x {}: sides are 1 to 65,535, channels 1 or 3",
                                       height, width, channels));
  }
  const size_t row = static_cast<size_t>(width * channels);
  const size_t rows = static_cast<size_t>(height);
  if (row * rows > size_t{256} << 20) return InvalidArgument("a PNG of more than 256 MiB of pixels");
  if (pixels.size() != row * rows) {
    return InvalidArgument(fmt::format("a picture of {} x {} x {} has {} bytes, {} are given", height, width,
                                       channels, row * rows, pixels.size()));
  }
  std::vector<uint8_t> lines;
  lines.reserve((row + 1) * rows);
  for (size_t y = 0; y < rows; ++y) {
    lines.push_back(0);  // filter "none"
    lines.insert(lines.end(), pixels.begin() + static_cast<std::ptrdiff_t>(y * row),
                 pixels.begin() + static_cast<std::ptrdiff_t>((y + 1) * row));
  }
  uLongf packed_size = ::compressBound(lines.size());
  std::string packed(packed_size, '\0');
  if (::compress2(reinterpret_cast<Bytef*>(packed.data()), &packed_size, lines.data(), lines.size(), 6) !=
      Z_OK) {
    return Internal("zlib cannot pack the picture");
  }
  packed.resize(packed_size);

  std::string header;
  PutU32(header, static_cast<uint32_t>(width));
  PutU32(header, static_cast<uint32_t>(height));
  header.push_back(8);                      // bits a sample
  header.push_back(channels == 3 ? 2 : 0);  // colour type: RGB or grey
  header.append(3, '\0');                   // deflate, adaptive filters, not interlaced
  std::string out("\x89PNG\r\n\x1a\n", 8);
  PutChunk(out, "IHDR", header);
  PutChunk(out, "IDAT", packed);
  PutChunk(out, "IEND", {});
  return out;
}

}  // namespace sinter
