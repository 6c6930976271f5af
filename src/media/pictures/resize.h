// Pictures brought to one size.
#pragma once

#include <optional>
#include <string_view>

#include "media/pictures/picture.h"

namespace sinter {

// Along each side: smaller by Lanczos' filter of three lobes, stretched over what a new pixel covers, larger
// by linear interpolation. Columns first, rounded to 8 bits in between: the same as Pillow's LANCZOS and
// BILINEAR within one level.
Picture ResizePicture(const Picture& picture, int64_t height, int64_t width);

// Grey from colour by luma (ITU-R BT.601), colour from grey by three times the same.
Picture WithChannels(Picture picture, int64_t channels);

enum class PictureFit : uint8_t {
  kLetterbox,  // all of it, as large as it fits, in the middle, black around
  kCrop,       // the largest part in the middle that has the sides' ratio
  kStretch,    // all of it, each side by itself
};
std::string_view PictureFitName(PictureFit fit);  // "letterbox", "crop", "stretch"
std::optional<PictureFit> PictureFitOf(std::string_view name);

// `shape` has the size and channels (1 or 3) wanted, all above 0.
Picture FitPicture(Picture picture, const PictureInfo& shape, PictureFit fit);

}  // namespace sinter
