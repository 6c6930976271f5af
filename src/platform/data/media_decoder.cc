#include "platform/data/media_decoder.h"

#include <algorithm>

#include <fmt/format.h>

namespace sinter {

Status CheckMediaForm(const MediaForm& form) {
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

Result<std::vector<std::byte>> LocalMediaDecoder::Decode(std::span<const std::byte> file,
                                                         const MediaForm& form) {
  TRY_STATUS(CheckMediaForm(form));
  TRY(Picture picture, DecodePicture(file));
  picture = FitPicture(std::move(picture), form.shape, form.fit);
  std::vector<std::byte> row(picture.pixels.size());
  std::ranges::transform(picture.pixels, row.begin(), [](uint8_t p) { return std::byte{p}; });
  return row;
}

}  // namespace sinter
