#include "engine/formats/onnx/wire.h"

#include <bit>

#include <fmt/format.h>

namespace sinter {
namespace {

uint64_t LittleEndian(std::span<const std::byte> bytes) {
  uint64_t value = 0;
  for (size_t i = bytes.size(); i-- > 0;) value = value << 8 | std::to_integer<uint64_t>(bytes[i]);
  return value;
}

}  // namespace

float WireField::real() const { return std::bit_cast<float>(static_cast<uint32_t>(varint)); }

Result<uint64_t> WireReader::Varint() {
  uint64_t value = 0;
  for (int shift = 0; shift < 64; shift += 7) {
    if (rest_.empty()) return Corrupt(fmt::format("the message ends inside a number at byte {}", offset()));
    const std::byte b = rest_.front();
    rest_ = rest_.subspan(1);
    value |= static_cast<uint64_t>(b & std::byte{0x7F}) << shift;
    if ((b & std::byte{0x80}) == std::byte{0}) return value;
  }
  return Corrupt(fmt::format("a number of more than 64 bits before byte {}", offset()));
}

Result<std::span<const std::byte>> WireReader::Take(uint64_t count) {
  if (count > rest_.size()) {
    return Corrupt(fmt::format("a field at byte {} says {} bytes; {} are left (truncated?)", offset(), count,
                               rest_.size()));
  }
  const auto taken = rest_.first(static_cast<size_t>(count));
  rest_ = rest_.subspan(taken.size());
  return taken;
}

Result<WireField> WireReader::Next() {
  TRY(const uint64_t key, Varint());
  WireField field;
  field.number = static_cast<uint32_t>(key >> 3);
  if (key >> 3 == 0 || key >> 3 > 0x1FFFFFFF)
    return Corrupt(fmt::format("field number {} before byte {}", key >> 3, offset()));
  switch (key & 7) {
    case 0: {
      TRY(field.varint, Varint());
      field.type = WireType::kVarint;
      return field;
    }
    case 1:
    case 5: {
      TRY(const auto bytes, Take((key & 7) == 1 ? 8 : 4));
      field.varint = LittleEndian(bytes);
      field.type = static_cast<WireType>(key & 7);
      return field;
    }
    case 2: {
      TRY(const uint64_t size, Varint());
      TRY(field.bytes, Take(size));
      field.type = WireType::kBytes;
      return field;
    }
    default:
      return Corrupt(fmt::format("wire type {} before byte {}", key & 7, offset()));
  }
}

void WireWriter::Raw(uint64_t value) {
  while (value >= 0x80) {
    out_.push_back(static_cast<char>(value | 0x80));
    value >>= 7;
  }
  out_.push_back(static_cast<char>(value));
}

void WireWriter::Varint(uint32_t number, uint64_t value) {
  Raw(uint64_t{number} << 3);
  Raw(value);
}

void WireWriter::Float(uint32_t number, float value) {
  Raw(uint64_t{number} << 3 | 5);
  uint32_t bits = std::bit_cast<uint32_t>(value);
  for (int i = 0; i < 4; ++i, bits >>= 8) out_.push_back(static_cast<char>(bits & 0xFF));
}

void WireWriter::Bytes(uint32_t number, std::string_view bytes) {
  Raw(uint64_t{number} << 3 | 2);
  Raw(bytes.size());
  out_.append(bytes);
}

void WireWriter::Ints(uint32_t number, std::span<const int64_t> values) {
  WireWriter packed;
  for (int64_t value : values) packed.Raw(static_cast<uint64_t>(value));
  Bytes(number, packed.out_);
}

}  // namespace sinter
