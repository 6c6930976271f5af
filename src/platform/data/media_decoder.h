// What files of pictures and sound become in a data set, and who decodes them.
#pragma once

#include <cstddef>
#include <memory>
#include <span>
#include <vector>

#include "media/pictures/resize.h"
#include "media/sound/sound.h"

namespace sinter {

enum class MediaKind : uint8_t { kPictures, kSounds };

// One form for all files of a data set, so that its column can be mapped.
struct MediaForm {
  MediaKind kind = MediaKind::kPictures;
  PictureInfo shape;  // of pictures: height, width and channels (1 or 3)
  PictureFit fit = PictureFit::kLetterbox;
  int64_t rate = 0, samples = 0;  // of sound: f32, so many a second, and all in all: cut, or silence behind
  uint64_t RowBytes() const {
    if (kind == MediaKind::kSounds) return static_cast<uint64_t>(samples) * sizeof(float);
    return static_cast<uint64_t>(shape.height) * static_cast<uint64_t>(shape.width) *
           static_cast<uint64_t>(shape.channels);
  }
  bool operator==(const MediaForm&) const = default;
};

struct MediaRow {
  std::vector<std::byte> bytes;  // form.RowBytes() of them: u8 [height, width, channels], or f32 [samples]
  double seconds = 0;            // of sound: how long it is, uncut
};

// Sides up to 4,096, channels 1 or 3; 1,000 to 192,000 samples a second, 2^24 in all.
Status CheckMediaForm(const MediaForm& form);

// One thread.
class MediaDecoder {
 public:
  virtual ~MediaDecoder() = default;
  // The size of the picture as it is, from its head.
  virtual Result<PictureInfo> Inspect(std::span<const std::byte> file) = 0;
  virtual Result<MediaRow> Decode(std::span<const std::byte> file, const MediaForm& form) = 0;
};

// In this process.
class LocalMediaDecoder final : public MediaDecoder {
 public:
  Result<PictureInfo> Inspect(std::span<const std::byte> file) override;
  Result<MediaRow> Decode(std::span<const std::byte> file, const MediaForm& form) override;
};

}  // namespace sinter
