// One decoder a format. The pixels are as the file has them; `orientation` says how they are to be turned.
#pragma once

#include "media/pictures/picture.h"

namespace sinter {

struct StoredPicture {
  Picture picture;      // without pixels where only the head was asked for
  int orientation = 1;  // EXIF's: 1 to 8
};

enum class PicturePart : uint8_t { kHead, kWhole };

// libjpeg-turbo. Damage that it would paint over is an error here.
Result<StoredPicture> DecodeJpeg(std::span<const std::byte> bytes, const PictureLimits& limits,
                                 PicturePart part);
// libpng.
Result<StoredPicture> DecodePng(std::span<const std::byte> bytes, const PictureLimits& limits,
                                PicturePart part);

// kCorrupt without pixels, kResourceExhausted with more than the limit.
Status CheckPictureSize(int64_t height, int64_t width, const PictureLimits& limits);

}  // namespace sinter
