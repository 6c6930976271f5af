// An item's picture or sound as a file that browsers show and play.
#include <algorithm>
#include <cmath>
#include <cstring>

#include <fmt/format.h>

#include "media/pictures/png.h"
#include "media/sound/wav.h"
#include "platform/labels/labellings.h"

namespace sinter {
namespace {

Result<ItemMedia> PictureOf(const DatasetColumn& column, std::span<const std::byte> bytes) {
  if (column.dtype != DType::kU8) return Unsupported("pictures of other numbers than u8");
  TRY(std::string png,
      EncodePng({reinterpret_cast<const uint8_t*>(bytes.data()), bytes.size()}, column.shape[0],
                column.shape[1], column.shape.size() == 3 ? column.shape[2] : 1));
  return ItemMedia{"image/png", std::move(png)};
}

// Without the silence that fills the row behind the sound's own end.
Result<ItemMedia> SoundOf(std::span<const std::byte> bytes, int64_t rate, int64_t samples) {
  std::vector<float> kept(static_cast<size_t>(samples));
  if (!kept.empty()) std::memcpy(kept.data(), bytes.data(), kept.size() * sizeof(float));
  TRY(std::string wav, EncodeWav(kept, rate));
  return ItemMedia{"audio/wav", std::move(wav)};
}

}  // namespace

int64_t SoundSamples(const DatasetVersion& version, size_t split, size_t column, int64_t row, int64_t rate) {
  const int64_t all = version.info().columns[column].shape[0];
  const auto c = version.ColumnIndex(kSecondsColumn);
  if (!c || version.info().columns[*c].kind != ColumnKind::kNumber) return all;
  const double seconds = version.Number(split, *c, row);
  if (!std::isfinite(seconds) || seconds < 0) return all;
  return std::min(all, static_cast<int64_t>(std::ceil(std::min(seconds, 1e9) * static_cast<double>(rate))));
}

Result<ItemMedia> Labellings::Media(std::string_view name, int64_t item) {
  TRY(const LabellingInfo info, Get(name));
  std::shared_ptr<const DatasetVersion> version;
  size_t split = 0;
  int64_t row = 0;
  {
    std::lock_guard lock(mutex_);
    TRY(const Entry* entry, OpenItem(info, item));
    version = entry->version;
    split = entry->split;
    row = entry->board.item(item).what.row;
  }
  const Error neither = Unsupported(fmt::format("labelling {} shows no pictures and plays no sound", name));
  const auto c = version->ColumnIndex(info.spec.content);
  if (!c) return neither;
  const DatasetColumn& column = version->info().columns[*c];
  if (column.kind == ColumnKind::kPicture) return PictureOf(column, version->Row(split, *c, row));
  if (info.spec.rate == 0 || !HoldsSound(column)) return neither;
  const int64_t rate = info.spec.rate;
  return SoundOf(version->Row(split, *c, row), rate, SoundSamples(*version, split, *c, row, rate));
}

}  // namespace sinter
