// What files of pictures become in a data set, and who decodes them.
#pragma once

#include <cstddef>
#include <memory>
#include <span>
#include <vector>

#include "media/pictures/resize.h"

namespace sinter {

// One form for all files of a data set, so that its column can be mapped.
struct MediaForm {
  PictureInfo shape;  // height, width and channels (1 or 3)
  PictureFit fit = PictureFit::kLetterbox;
  uint64_t RowBytes() const {
    return static_cast<uint64_t>(shape.height) * static_cast<uint64_t>(shape.width) *
           static_cast<uint64_t>(shape.channels);
  }
  bool operator==(const MediaForm&) const = default;
};

// Sides up to 4,096, channels 1 or 3.
Status CheckMediaForm(const MediaForm& form);

// One thread.
class MediaDecoder {
 public:
  virtual ~MediaDecoder() = default;
  // The size of the picture as it is, from its head.
  virtual Result<PictureInfo> Inspect(std::span<const std::byte> file) = 0;
  // form.RowBytes() bytes: u8 [height, width, channels].
  virtual Result<std::vector<std::byte>> Decode(std::span<const std::byte> file, const MediaForm& form) = 0;
};

// In this process.
class LocalMediaDecoder final : public MediaDecoder {
 public:
  Result<PictureInfo> Inspect(std::span<const std::byte> file) override;
  Result<std::vector<std::byte>> Decode(std::span<const std::byte> file, const MediaForm& form) override;
};

}  // namespace sinter
