#include <algorithm>
#include <queue>

#include <fmt/format.h>

#include "base/random.h"
#include "media/pictures/png.h"
#include "platform/data/profile.h"

namespace sinter {
namespace {

using Ticket = std::pair<uint64_t, int64_t>;  // random number, row: the lowest tickets of a class are shown

struct PictureShape {
  int64_t height = 0, width = 0, channels = 1;
};

Result<PictureShape> ShapeOf(const DatasetColumn& picture) {
  if (picture.kind != ColumnKind::kPicture || picture.dtype != DType::kU8) {
    return Unsupported(
        fmt::format("column '{}' holds no pictures of u8: there is nothing to show", picture.name));
  }
  const PictureShape shape{picture.shape[0], picture.shape[1],
                           picture.shape.size() == 3 ? picture.shape[2] : 1};
  if (shape.channels != 1 && shape.channels != 3)
    return Unsupported(fmt::format("pictures of {} channels", shape.channels));
  return shape;
}

}  // namespace

Result<std::string> RowPicture(const DatasetVersion& version, size_t split, int64_t row) {
  TRY(const size_t features, version.FeatureColumn());
  TRY(const PictureShape shape, ShapeOf(version.info().columns[features]));
  if (row < 0 || row >= version.Rows(split))
    return NotFound(fmt::format("there is no row {}: there are {}", row, version.Rows(split)));
  const std::span<const std::byte> sample = version.Row(split, features, row);
  std::vector<uint8_t> pixels(sample.size());
  std::ranges::transform(sample, pixels.begin(), [](std::byte b) { return static_cast<uint8_t>(b); });
  return EncodePng(pixels, shape.height, shape.width, shape.channels);
}

Result<std::string> SampleGrid(const DatasetVersion& version, size_t split, const GridOptions& options) {
  TRY(const size_t features, version.FeatureColumn());
  const auto labels = version.LabelColumn();
  TRY(const PictureShape shape, ShapeOf(version.info().columns[features]));
  const auto [height, width, channels] = shape;
  const auto classes =
      labels ? static_cast<int64_t>(version.info().columns[*labels].classes.size()) : int64_t{1};
  if (options.per_class < 1 || options.per_class > 100) return InvalidArgument("per_class: 1 to 100 samples");
  if (options.only < -1 || options.only >= classes) {
    return InvalidArgument(fmt::format("there is no class {}: there are {}", options.only, classes));
  }
  if (height > 1024 || width > 1024) return Unsupported("samples of more than 1,024 a side in a grid");
  const int64_t first = options.only < 0 ? 0 : options.only;
  const int64_t rows = options.only < 0 ? std::min<int64_t>(classes, 256) : 1;

  std::vector<std::priority_queue<Ticket>> chosen(static_cast<size_t>(rows));
  for (int64_t row = 0; row < version.Rows(split); ++row) {
    const int64_t line = labels ? version.Class(split, *labels, row) - first : 0;
    if (line < 0 || line >= rows) continue;
    auto& queue = chosen[static_cast<size_t>(line)];
    queue.emplace(RandomBits(options.seed, split, static_cast<uint64_t>(row)), row);
    if (queue.size() > static_cast<size_t>(options.per_class)) queue.pop();
  }
  constexpr int64_t kGap = 2;
  const int64_t grid_height = rows * (height + kGap) + kGap;
  const int64_t grid_width = options.per_class * (width + kGap) + kGap;
  if (grid_height > 65535 || grid_width > 65535 ||
      grid_height * grid_width * channels > (int64_t{256} << 20)) {
    return Error{ErrorCode::kResourceExhausted, "the grid would be larger than a picture may be",
                 "ask for one class, or fewer samples"};
  }
  std::vector<uint8_t> pixels(static_cast<size_t>(grid_height * grid_width * channels), 255);
  for (int64_t line = 0; line < rows; ++line) {
    auto& queue = chosen[static_cast<size_t>(line)];
    for (int64_t column = static_cast<int64_t>(queue.size()) - 1; column >= 0; --column, queue.pop()) {
      const auto sample = version.Row(split, features, queue.top().second);
      for (int64_t y = 0; y < height; ++y) {
        const int64_t to_y = kGap + line * (height + kGap) + y, to_x = kGap + column * (width + kGap);
        const auto from =
            sample.subspan(static_cast<size_t>(y * width * channels), static_cast<size_t>(width * channels));
        std::ranges::transform(from, pixels.begin() + (to_y * grid_width + to_x) * channels,
                               [](std::byte b) { return static_cast<uint8_t>(b); });
      }
    }
  }
  return EncodePng(pixels, grid_height, grid_width, channels);
}

}  // namespace sinter
