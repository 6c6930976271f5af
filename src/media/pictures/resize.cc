#include "media/pictures/resize.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <numbers>

namespace sinter {
namespace {

constexpr std::pair<PictureFit, std::string_view> kFits[] = {
    {PictureFit::kLetterbox, "letterbox"}, {PictureFit::kCrop, "crop"}, {PictureFit::kStretch, "stretch"}};

double Sinc(double x) { return x == 0 ? 1 : std::sin(std::numbers::pi * x) / (std::numbers::pi * x); }
double Lanczos3(double x) { return std::abs(x) < 3 ? Sinc(x) * Sinc(x / 3) : 0; }
double Triangle(double x) { return std::max(0.0, 1 - std::abs(x)); }

// What each new sample along a side is made of: `count` old ones from `first` on, by `weights`.
struct Taps {
  int64_t first = 0;
  std::vector<float> weights;
};

std::vector<Taps> TapsOf(int64_t from, int64_t to) {
  const bool smaller = to < from;
  const double scale = static_cast<double>(from) / static_cast<double>(to);
  const double wide = smaller ? scale : 1, reach = (smaller ? 3 : 1) * wide;
  std::vector<Taps> all(static_cast<size_t>(to));
  for (int64_t i = 0; i < to; ++i) {
    const double centre = (static_cast<double>(i) + 0.5) * scale;
    Taps& taps = all[static_cast<size_t>(i)];
    taps.first = std::max<int64_t>(0, static_cast<int64_t>(std::floor(centre - reach + 0.5)));
    const int64_t end = std::min(from, static_cast<int64_t>(std::floor(centre + reach + 0.5)));
    std::vector<double> weights;
    double sum = 0;
    for (int64_t x = taps.first; x < end; ++x) {
      const double at = (static_cast<double>(x) - centre + 0.5) / wide;
      weights.push_back(smaller ? Lanczos3(at) : Triangle(at));
      sum += weights.back();
    }
    for (const double weight : weights) taps.weights.push_back(static_cast<float>(weight / sum));
  }
  return all;
}

uint8_t Rounded(float value) { return static_cast<uint8_t>(std::clamp(value + 0.5f, 0.0f, 255.0f)); }

template <size_t kChannels>
void ResizeRow(const uint8_t* row, const std::vector<Taps>& taps, uint8_t* to) {
  for (const Taps& t : taps) {
    float sums[kChannels] = {};
    const uint8_t* from = row + static_cast<size_t>(t.first) * kChannels;
    for (const float weight : t.weights) {
      for (size_t c = 0; c < kChannels; ++c) sums[c] += weight * static_cast<float>(*from++);
    }
    for (const float sum : sums) *to++ = Rounded(sum);
  }
}

Picture ResizeColumns(const Picture& picture, int64_t width) {
  Picture resized{picture.height, width, picture.channels, {}};
  const auto taps = TapsOf(picture.width, width);
  const auto stride = static_cast<size_t>(picture.width * picture.channels);
  const auto to_stride = static_cast<size_t>(width * picture.channels);
  resized.pixels.resize(static_cast<size_t>(picture.height) * to_stride);
  for (size_t y = 0; y < static_cast<size_t>(picture.height); ++y) {
    const uint8_t* from = picture.pixels.data() + y * stride;
    uint8_t* to = resized.pixels.data() + y * to_stride;
    if (picture.channels == 3)
      ResizeRow<3>(from, taps, to);
    else
      ResizeRow<1>(from, taps, to);
  }
  return resized;
}

Picture ResizeRows(const Picture& picture, int64_t height) {
  Picture resized{height, picture.width, picture.channels, {}};
  const auto stride = static_cast<size_t>(picture.width * picture.channels);
  resized.pixels.reserve(static_cast<size_t>(height) * stride);
  std::vector<float> sums(stride);
  for (const Taps& t : TapsOf(picture.height, height)) {
    std::ranges::fill(sums, 0.0f);
    for (size_t i = 0; i < t.weights.size(); ++i) {
      const uint8_t* from = picture.pixels.data() + (static_cast<size_t>(t.first) + i) * stride;
      for (size_t x = 0; x < stride; ++x) sums[x] += t.weights[i] * static_cast<float>(from[x]);
    }
    for (const float sum : sums) resized.pixels.push_back(Rounded(sum));
  }
  return resized;
}

Picture Cut(const Picture& picture, int64_t top, int64_t left, int64_t height, int64_t width) {
  Picture part{height, width, picture.channels, {}};
  for (int64_t y = 0; y < height; ++y) {
    const auto begin =
        picture.pixels.begin() + ((top + y) * picture.width + left) * static_cast<int64_t>(picture.channels);
    part.pixels.insert(part.pixels.end(), begin, begin + width * picture.channels);
  }
  return part;
}

// The side that belongs to another one at this ratio, at least 1 and at most `most`.
int64_t Side(int64_t of, int64_t numerator, int64_t denominator, int64_t most) {
  const double side =
      static_cast<double>(of) * static_cast<double>(numerator) / static_cast<double>(denominator);
  return std::clamp<int64_t>(std::llround(side), 1, most);
}

Picture Letterbox(const Picture& picture, const PictureInfo& shape) {
  const bool wide = picture.width * shape.height >= picture.height * shape.width;
  const int64_t width = wide ? shape.width : Side(shape.height, picture.width, picture.height, shape.width);
  const int64_t height = wide ? Side(shape.width, picture.height, picture.width, shape.height) : shape.height;
  Picture inner = ResizePicture(picture, height, width);
  if (height == shape.height && width == shape.width) return inner;
  Picture whole{shape.height, shape.width, picture.channels, {}};
  whole.pixels.resize(static_cast<size_t>(shape.height * shape.width * picture.channels));
  const int64_t top = (shape.height - height) / 2, left = (shape.width - width) / 2;
  for (int64_t y = 0; y < height; ++y) {
    std::memcpy(whole.pixels.data() + ((top + y) * shape.width + left) * picture.channels,
                inner.pixels.data() + y * width * picture.channels,
                static_cast<size_t>(width * picture.channels));
  }
  return whole;
}

Picture CropMiddle(const Picture& picture, const PictureInfo& shape) {
  const bool wide = picture.width * shape.height >= picture.height * shape.width;
  const int64_t width = wide ? Side(picture.height, shape.width, shape.height, picture.width) : picture.width;
  const int64_t height =
      wide ? picture.height : Side(picture.width, shape.height, shape.width, picture.height);
  if (height == picture.height && width == picture.width) return picture;
  return Cut(picture, (picture.height - height) / 2, (picture.width - width) / 2, height, width);
}

}  // namespace

Picture ResizePicture(const Picture& picture, int64_t height, int64_t width) {
  if (width == picture.width && height == picture.height) return picture;
  if (width == picture.width) return ResizeRows(picture, height);
  Picture resized = ResizeColumns(picture, width);
  return height == picture.height ? resized : ResizeRows(resized, height);
}

Picture WithChannels(Picture picture, int64_t channels) {
  if (picture.channels == channels) return picture;
  Picture changed{picture.height, picture.width, channels, {}};
  const auto pixels = static_cast<size_t>(picture.height * picture.width);
  changed.pixels.reserve(pixels * static_cast<size_t>(channels));
  for (size_t i = 0; i < pixels; ++i) {
    if (channels == 3) {
      changed.pixels.insert(changed.pixels.end(), 3, picture.pixels[i]);
      continue;
    }
    // 0.299, 0.587 and 0.114 in 16 bits, as Pillow has them.
    const uint8_t* p = picture.pixels.data() + i * 3;
    changed.pixels.push_back(
        static_cast<uint8_t>((p[0] * 19595u + p[1] * 38470u + p[2] * 7471u + 0x8000u) >> 16));
  }
  return changed;
}

std::string_view PictureFitName(PictureFit fit) {
  for (const auto& [known, name] : kFits) {
    if (known == fit) return name;
  }
  return "";
}

std::optional<PictureFit> PictureFitOf(std::string_view name) {
  for (const auto& [fit, known] : kFits) {
    if (known == name) return fit;
  }
  return std::nullopt;
}

Picture FitPicture(Picture picture, const PictureInfo& shape, PictureFit fit) {
  if (shape.channels == 1) picture = WithChannels(std::move(picture), 1);
  if (fit == PictureFit::kLetterbox)
    picture = Letterbox(picture, shape);
  else
    picture = ResizePicture(fit == PictureFit::kCrop ? CropMiddle(picture, shape) : picture, shape.height,
                            shape.width);
  return WithChannels(std::move(picture), shape.channels);
}

}  // namespace sinter
