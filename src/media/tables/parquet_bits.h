// Parquet's two ways to pack integers. Reference: Encodings.md of Apache Parquet's format.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "base/result.h"

namespace sinter {

// The lowest bit first, as Parquet packs. Reads past the end give kCorrupt.
class BitReader {
 public:
  explicit BitReader(std::span<const std::byte> bytes = {}) : bytes_(bytes) {}
  // `width`: 0 to 64.
  Result<uint64_t> Bits(int width);
  // Base 128, at a byte's start.
  Result<uint64_t> Varint();
  Result<int64_t> Zigzag();
  Status SkipBits(uint64_t count);
  size_t offset() const { return (at_ + 7) / 8; }

 private:
  std::span<const std::byte> bytes_;
  uint64_t at_ = 0;  // in bits
};

// Runs of one value and runs of packed values mixed: levels, indexes of dictionaries, booleans.
class ParquetHybrid {
 public:
  // `width`: bits of a value, 0 to 32.
  ParquetHybrid(std::span<const std::byte> bytes, int width) : in_(bytes), width_(width) {}
  Result<uint32_t> Next();

 private:
  Status NextRun();
  BitReader in_;
  int width_;
  uint64_t left_ = 0;  // of this run
  bool packed_ = false;
  uint32_t value_ = 0;  // of a run that is not packed
};

// DELTA_BINARY_PACKED: differences in blocks, each block's least one apart.
class ParquetDelta {
 public:
  static Result<ParquetDelta> Open(std::span<const std::byte> bytes);
  int64_t left() const { return left_; }
  Result<int64_t> Next();
  // Reads all that is left; how many bytes it took in all, padding of its last block included.
  Result<size_t> SkipToEnd();

 private:
  explicit ParquetDelta(std::span<const std::byte> bytes) : in_(bytes) {}
  Status NextBlock();
  Status NextMiniblock();
  BitReader in_;
  uint64_t per_miniblock_ = 0;
  size_t miniblocks_ = 0;
  int64_t left_ = 0;
  uint64_t value_ = 0;  // the next one; wraps round as Parquet's arithmetic does
  uint64_t least_ = 0;  // of the block
  uint8_t widths_[512] = {};
  size_t miniblock_ = 0;
  uint64_t in_miniblock_ = 0;  // values left in it
  bool begun_ = false;
};

}  // namespace sinter
