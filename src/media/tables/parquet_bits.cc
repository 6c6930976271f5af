#include "media/tables/parquet_bits.h"

#include <algorithm>

#include <fmt/format.h>

namespace sinter {
namespace {

constexpr uint64_t kMostPerBlock = 1 << 20;  // writers use 128

Error CutOff() { return Corrupt("packed numbers are cut off"); }

}  // namespace

Result<uint64_t> BitReader::Bits(int width) {
  if (static_cast<uint64_t>(width) > bytes_.size() * 8 - at_) return CutOff();
  uint64_t value = 0;
  for (int have = 0; have < width;) {
    const int in_byte = static_cast<int>(at_ % 8);
    const int take = std::min(8 - in_byte, width - have);
    const uint64_t bits = std::to_integer<uint64_t>(bytes_[at_ / 8]) >> in_byte & ((1U << take) - 1);
    value |= bits << have;
    have += take;
    at_ += static_cast<uint64_t>(take);
  }
  return value;
}

Status BitReader::SkipBits(uint64_t count) {
  if (count > bytes_.size() * 8 - at_) return CutOff();
  at_ += count;
  return {};
}

Result<uint64_t> BitReader::Varint() {
  at_ = (at_ + 7) / 8 * 8;
  uint64_t value = 0;
  for (int shift = 0; shift < 64; shift += 7) {
    TRY(const uint64_t byte, Bits(8));
    value |= (byte & 0x7F) << shift;
    if ((byte & 0x80) == 0) return value;
  }
  return Corrupt("a number of more than 64 bits");
}

Result<int64_t> BitReader::Zigzag() {
  TRY(const uint64_t value, Varint());
  return static_cast<int64_t>(value >> 1) ^ -static_cast<int64_t>(value & 1);
}

Status ParquetHybrid::NextRun() {
  TRY(const uint64_t head, in_.Varint());
  packed_ = (head & 1) != 0;
  if (packed_) {
    if (head >> 1 > uint64_t{1} << 32) return Corrupt("a packed run that is too long");
    left_ = (head >> 1) * 8;
  } else {
    left_ = head >> 1;
    TRY(const uint64_t value, in_.Bits((width_ + 7) / 8 * 8));
    if (width_ < 32 && value >> width_ != 0) return Corrupt("a run of a value that is too large");
    value_ = static_cast<uint32_t>(value);
  }
  return {};
}

Result<uint32_t> ParquetHybrid::Next() {
  while (left_ == 0) TRY_STATUS(NextRun());
  --left_;
  if (!packed_) return value_;
  TRY(const uint64_t value, in_.Bits(width_));
  return static_cast<uint32_t>(value);
}

Result<ParquetDelta> ParquetDelta::Open(std::span<const std::byte> bytes) {
  ParquetDelta delta(bytes);
  TRY(const uint64_t block, delta.in_.Varint());
  TRY(const uint64_t miniblocks, delta.in_.Varint());
  TRY(const uint64_t count, delta.in_.Varint());
  TRY(const int64_t first, delta.in_.Zigzag());
  if (miniblocks == 0 || miniblocks > sizeof(widths_) || block == 0 || block > kMostPerBlock ||
      block % miniblocks != 0 || block / miniblocks % 8 != 0 || count > INT64_MAX)
    return Corrupt(
        fmt::format("differences in blocks of {} with {} parts, {} in all", block, miniblocks, count));
  delta.per_miniblock_ = block / miniblocks;
  delta.miniblocks_ = miniblocks;
  delta.miniblock_ = miniblocks;
  delta.left_ = static_cast<int64_t>(count);
  delta.value_ = static_cast<uint64_t>(first);
  return delta;
}

Status ParquetDelta::NextBlock() {
  TRY(const int64_t least, in_.Zigzag());
  least_ = static_cast<uint64_t>(least);
  for (size_t i = 0; i < miniblocks_; ++i) {
    TRY(const uint64_t width, in_.Bits(8));
    widths_[i] = static_cast<uint8_t>(width);
  }
  miniblock_ = 0;
  return {};
}

Status ParquetDelta::NextMiniblock() {
  if (begun_) ++miniblock_;
  begun_ = true;
  if (miniblock_ >= miniblocks_) TRY_STATUS(NextBlock());
  // Widths of parts that no value needs may hold anything.
  if (widths_[miniblock_] > 64) return Corrupt(fmt::format("differences of {} bits", widths_[miniblock_]));
  in_miniblock_ = per_miniblock_;
  return {};
}

Result<int64_t> ParquetDelta::Next() {
  if (left_ == 0) return Corrupt("there are fewer packed numbers than values");
  --left_;
  const uint64_t value = value_;
  if (left_ > 0) {
    if (in_miniblock_ == 0) TRY_STATUS(NextMiniblock());
    --in_miniblock_;
    TRY(const uint64_t difference, in_.Bits(widths_[miniblock_]));
    value_ += least_ + difference;
  }
  return static_cast<int64_t>(value);
}

Result<size_t> ParquetDelta::SkipToEnd() {
  while (left_ > 0) {
    TRY([[maybe_unused]] const int64_t value, Next());
  }
  // The last part is padded to its full length.
  if (in_miniblock_ > 0) TRY_STATUS(in_.SkipBits(in_miniblock_ * widths_[miniblock_]));
  return in_.offset();
}

}  // namespace sinter
