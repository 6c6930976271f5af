#include "platform/data/media_decoder.h"

#include <algorithm>
#include <cstring>

#include <fmt/format.h>

#include "media/sound/resample.h"

namespace sinter {

Status CheckMediaForm(const MediaForm& form) {
  if (form.kind == MediaKind::kSounds) {
    if (form.rate < 1'000 || form.rate > 192'000)
      return InvalidArgument(
          fmt::format("sound of {} samples a second; there are 1,000 to 192,000", form.rate));
    if (form.samples < 1 || form.samples > (1 << 24))
      return InvalidArgument(fmt::format("sounds of {} samples; there are 1 to 16,777,216", form.samples));
    return {};
  }
  const PictureInfo& shape = form.shape;
  if (shape.height < 1 || shape.width < 1 || shape.height > 4096 || shape.width > 4096)
    return InvalidArgument(
        fmt::format("pictures of {} x {}; sides are 1 to 4,096", shape.width, shape.height));
  if (shape.channels != 1 && shape.channels != 3)
    return InvalidArgument(fmt::format("pictures of {} channels; there are 1 or 3", shape.channels));
  return {};
}

Result<PictureInfo> LocalMediaDecoder::Inspect(std::span<const std::byte> file) {
  return ReadPictureInfo(file);
}

Result<MediaRow> LocalMediaDecoder::Decode(std::span<const std::byte> file, const MediaForm& form) {
  TRY_STATUS(CheckMediaForm(form));
  MediaRow row;
  row.bytes.resize(form.RowBytes());
  if (form.kind == MediaKind::kSounds) {
    TRY(Sound sound, DecodeSound(file));
    row.seconds = sound.Seconds();
    // What is cut off need not be resampled: one second more than is kept, for the filter's reach.
    const int64_t most = (form.samples / form.rate + 2) * sound.rate;
    if (static_cast<int64_t>(sound.samples.size()) > most) sound.samples.resize(static_cast<size_t>(most));
    std::vector<float> samples = Resample(sound.samples, sound.rate, form.rate);
    samples.resize(static_cast<size_t>(form.samples));
    std::memcpy(row.bytes.data(), samples.data(), row.bytes.size());
    return row;
  }
  TRY(Picture picture, DecodePicture(file));
  picture = FitPicture(std::move(picture), form.shape, form.fit);
  std::memcpy(row.bytes.data(), picture.pixels.data(), row.bytes.size());
  return row;
}

}  // namespace sinter
