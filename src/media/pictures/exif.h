// How a camera was held.
// Source: Exchangeable image file format for digital still cameras, Exif 2.3 (CIPA DC-008-2012), section 4.6.
#pragma once

#include <cstddef>
#include <span>

#include "media/pictures/picture.h"

namespace sinter {

// The orientation, 1 to 8, out of a TIFF header and its first directory; 1 where none is to be found.
int ReadExifOrientation(std::span<const std::byte> tiff);

// The picture turned and mirrored so that it stands upright: 2 left and right exchanged, 3 turned by 180
// degrees, 4 top and bottom exchanged, 5 rows and columns exchanged, 6 turned right, 7 exchanged across the
// other diagonal, 8 turned left.
Picture Upright(Picture picture, int orientation);

}  // namespace sinter
