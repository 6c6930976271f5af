// IDX, the format of MNIST and its kin: a big-endian array with its type and shape in front, often gzipped.
// Source: "THE IDX FILE FORMAT" in http://yann.lecun.com/exdb/mnist/ (two zero bytes, a type byte, the rank,
// the rank's 32-bit sizes, the elements, last index fastest).
#pragma once

#include <cstdint>
#include <memory>
#include <string_view>
#include <vector>

#include "base/stream.h"

namespace sinter {

enum class IdxType : uint8_t { kU8 = 0x08, kI8 = 0x09, kI16 = 0x0b, kI32 = 0x0c, kF32 = 0x0d, kF64 = 0x0e };
size_t IdxTypeSize(IdxType type);
std::string_view IdxTypeName(IdxType type);  // "u8", "i8", "i16", "i32", "f32", "f64"

struct IdxHeader {
  IdxType type = IdxType::kU8;
  std::vector<int64_t> shape;  // rank 1 to 8
  uint64_t bytes = 0;          // of all elements; at most kIdxLimit
};
inline constexpr uint64_t kIdxLimit = uint64_t{1} << 42;

// Reads an array from its source, gzipped or plain, in order and in bounded memory. One thread.
class IdxReader {
 public:
  // Reads the header. kCorrupt where it is not IDX or claims more than any file may hold.
  static Result<IdxReader> Open(std::unique_ptr<ByteSource> source);
  const IdxHeader& header() const { return header_; }
  // Fills whole elements, in the machine's (little-endian) order; says how many bytes, 0 at the end.
  // out.size() must be at least one element. kCorrupt where the data ends before or after what the header
  // says: a caller that read to the end knows that all of it, its checksum included, is sound.
  Result<size_t> Read(std::span<std::byte> out);

 private:
  IdxReader() = default;
  IdxHeader header_;
  std::unique_ptr<ByteSource> source_;
  uint64_t done_ = 0;
};

// A whole array in memory.
struct IdxArray {
  IdxType type = IdxType::kU8;
  std::vector<int64_t> shape;
  std::vector<std::byte> bytes;  // little-endian
};
// `bytes`: a file's, gzipped or plain. The array may take at most `limit` bytes (kResourceExhausted), and is
// allocated as its bytes arrive, never for a claim alone.
Result<IdxArray> DecodeIdx(std::span<const std::byte> bytes, uint64_t limit = uint64_t{1} << 32);
// The plain form. shape and bytes must agree.
std::vector<std::byte> EncodeIdx(const IdxArray& array);
// As gzip(1) would pack it, one member, no name, no time.
std::vector<std::byte> Gzip(std::span<const std::byte> bytes);

}  // namespace sinter
