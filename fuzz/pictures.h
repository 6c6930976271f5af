// What must hold of every picture that a decoder accepts.
#pragma once

#include "fuzz/fuzz.h"
#include "media/pictures/exif.h"
#include "media/pictures/formats.h"
#include "media/pictures/resize.h"

namespace sinter {

// Small, so that they are met and little memory is taken.
inline constexpr PictureLimits kFuzzPictureLimits{1 << 16, 4096};

using PictureDecoder = Result<StoredPicture> (*)(std::span<const std::byte>, const PictureLimits&,
                                                 PicturePart);

// The head tells the size that the whole has, DecodePicture gives the same upright, and it fits any shape.
inline Status RunPictureInput(PictureDecoder decode, std::span<const std::byte> input) {
  TRY(const StoredPicture stored, decode(input, kFuzzPictureLimits, PicturePart::kWhole));
  const Picture& picture = stored.picture;
  SINTER_CHECK(picture.height > 0 && picture.width > 0 && picture.height * picture.width <= (1 << 16));
  SINTER_CHECK(picture.channels == 1 || picture.channels == 3);
  SINTER_CHECK(picture.pixels.size() ==
               static_cast<size_t>(picture.height * picture.width * picture.channels));
  SINTER_CHECK(stored.orientation >= 1 && stored.orientation <= 8);
  const auto info = ReadPictureInfo(input, kFuzzPictureLimits);
  const auto upright = DecodePicture(input, kFuzzPictureLimits);
  if (!upright) return {};  // the decoder is less strict about the first bytes
  SINTER_CHECK(info.has_value() && upright->channels == picture.channels);
  SINTER_CHECK(*info == (PictureInfo{upright->height, upright->width, upright->channels}));
  SINTER_CHECK(upright->pixels == Upright(picture, stored.orientation).pixels);
  for (const auto fit : {PictureFit::kLetterbox, PictureFit::kCrop, PictureFit::kStretch}) {
    const Picture fitted = FitPicture(*upright, {5, 7, 3}, fit);
    SINTER_CHECK(fitted.height == 5 && fitted.width == 7 && fitted.pixels.size() == size_t{5} * 7 * 3);
  }
  return {};
}

}  // namespace sinter
