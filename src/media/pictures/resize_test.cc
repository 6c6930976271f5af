#include "media/pictures/resize.h"

#include <gtest/gtest.h>

namespace sinter {
namespace {

Picture Filled(int64_t height, int64_t width, int64_t channels, uint8_t value) {
  return {height, width, channels,
          std::vector<uint8_t>(static_cast<size_t>(height * width * channels), value)};
}

TEST(Resize, AFlatPictureStaysFlat) {
  for (const auto& [height, width] : {std::pair(3, 50), {80, 2}, {1, 1}, {40, 40}, {33, 7}}) {
    const Picture resized = ResizePicture(Filled(40, 30, 3, 200), height, width);
    ASSERT_EQ(resized.pixels.size(), static_cast<size_t>(height * width * 3));
    for (const uint8_t value : resized.pixels) ASSERT_EQ(value, 200);
  }
}

TEST(Resize, LargerIsLinear) {
  const Picture resized = ResizePicture({1, 2, 1, {0, 100}}, 1, 4);
  EXPECT_EQ(resized.pixels, (std::vector<uint8_t>{0, 25, 75, 100}));
}

TEST(Resize, FitsAsAsked) {
  const Picture wide = Filled(10, 40, 1, 90);
  const PictureInfo square{20, 20, 1};
  const Picture boxed = FitPicture(wide, square, PictureFit::kLetterbox);
  // 5 rows of the picture in the middle, black around.
  for (int64_t y = 0; y < 20; ++y)
    EXPECT_EQ(boxed.pixels[static_cast<size_t>(y * 20)], y >= 7 && y < 12 ? 90 : 0);
  Picture sides = wide;
  for (int64_t y = 0; y < 10; ++y) {
    for (int64_t x = 0; x < 40; ++x) {
      if (x < 15 || x >= 25) sides.pixels[static_cast<size_t>(y * 40 + x)] = 255;
    }
  }
  EXPECT_EQ(FitPicture(sides, square, PictureFit::kCrop).pixels, Filled(20, 20, 1, 90).pixels);
  EXPECT_EQ(FitPicture(wide, square, PictureFit::kStretch).pixels, Filled(20, 20, 1, 90).pixels);
  EXPECT_EQ(FitPicture(Filled(1, 1000, 1, 9), {4, 4, 3}, PictureFit::kLetterbox).pixels.size(), size_t{48});
}

TEST(Resize, ChannelsComeAndGo) {
  EXPECT_EQ(WithChannels({1, 2, 1, {7, 9}}, 3).pixels, (std::vector<uint8_t>{7, 7, 7, 9, 9, 9}));
  EXPECT_EQ(WithChannels({1, 3, 3, {255, 0, 0, 0, 255, 0, 0, 0, 255}}, 1).pixels,
            (std::vector<uint8_t>{76, 150, 29}));
}

TEST(Resize, FitsHaveNames) {
  for (const auto fit : {PictureFit::kLetterbox, PictureFit::kCrop, PictureFit::kStretch})
    EXPECT_EQ(PictureFitOf(PictureFitName(fit)), fit);
  EXPECT_FALSE(PictureFitOf("squeeze"));
}

}  // namespace
}  // namespace sinter
