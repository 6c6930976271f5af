#include "media/pictures/picture.h"

#include <fmt/format.h>

#include "media/pictures/exif.h"
#include "media/pictures/formats.h"

namespace sinter {
namespace {

std::string_view Head(std::span<const std::byte> bytes, size_t at, size_t size) {
  if (bytes.size() < at + size) return {};
  return {reinterpret_cast<const char*>(bytes.data()) + at, size};
}

// Formats that are known by their first bytes and not read.
std::string_view OtherFormat(std::span<const std::byte> bytes) {
  if (Head(bytes, 0, 4) == "GIF8") return "GIF";
  if (Head(bytes, 0, 4) == "RIFF" && Head(bytes, 8, 4) == "WEBP") return "WebP";
  if (Head(bytes, 0, 4) == std::string_view("II*\0", 4) || Head(bytes, 0, 4) == std::string_view("MM\0*", 4))
    return "TIFF";
  if (Head(bytes, 4, 8) == "ftypavif") return "AVIF";
  if (Head(bytes, 4, 8) == "ftypheic" || Head(bytes, 4, 8) == "ftypheix" || Head(bytes, 4, 8) == "ftypmif1")
    return "HEIC";
  if (Head(bytes, 0, 2) == "BM" && bytes.size() > 26) return "BMP";
  return {};
}

Result<StoredPicture> Decode(std::span<const std::byte> bytes, const PictureLimits& limits,
                             PicturePart part) {
  if (Head(bytes, 0, 3) == "\xFF\xD8\xFF") return DecodeJpeg(bytes, limits, part);
  if (Head(bytes, 0, 8) == std::string_view("\x89PNG\r\n\x1a\n", 8)) return DecodePng(bytes, limits, part);
  if (const auto other = OtherFormat(bytes); !other.empty())
    return Unsupported(fmt::format("it is a {} file; pictures are read from JPEG and PNG", other),
                       "convert it to PNG");
  return Corrupt(bytes.empty() ? "it is empty" : "it is no picture: neither JPEG nor PNG");
}

}  // namespace

Status CheckPictureSize(int64_t height, int64_t width, const PictureLimits& limits) {
  if (height < 1 || width < 1) return Corrupt(fmt::format("a picture of {} x {} pixels", width, height));
  if (height <= limits.side && width <= limits.side && height <= limits.pixels / width) return {};
  return Error{ErrorCode::kResourceExhausted,
               fmt::format("it has {} x {} pixels; at most {} are read, and {} a side", width, height,
                           limits.pixels, limits.side),
               ""};
}

Result<Picture> DecodePicture(std::span<const std::byte> bytes, const PictureLimits& limits) {
  TRY(StoredPicture stored, Decode(bytes, limits, PicturePart::kWhole));
  return Upright(std::move(stored.picture), stored.orientation);
}

Result<PictureInfo> ReadPictureInfo(std::span<const std::byte> bytes, const PictureLimits& limits) {
  TRY(const StoredPicture stored, Decode(bytes, limits, PicturePart::kHead));
  const Picture& picture = stored.picture;
  if (stored.orientation >= 5) return PictureInfo{picture.width, picture.height, picture.channels};
  return PictureInfo{picture.height, picture.width, picture.channels};
}

}  // namespace sinter
