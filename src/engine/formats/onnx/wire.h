// Protocol buffers' wire format, as far as ONNX uses it: read in place, bounded; written to a string.
// Reference: protobuf.dev/programming-guides/encoding.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "base/result.h"

namespace sinter {

enum class WireType : uint8_t { kVarint = 0, kFixed64 = 1, kBytes = 2, kFixed32 = 5 };

struct WireField {
  uint32_t number = 0;
  WireType type = WireType::kVarint;
  uint64_t varint = 0;               // kVarint, kFixed64, kFixed32
  std::span<const std::byte> bytes;  // kBytes: a view of what is read

  std::string_view text() const { return {reinterpret_cast<const char*>(bytes.data()), bytes.size()}; }
  int64_t integer() const { return static_cast<int64_t>(varint); }
  float real() const;  // a kFixed32 as a float
};

// One message's fields, in their order. Lengths are checked against what is there before anything is used.
class WireReader {
 public:
  explicit WireReader(std::span<const std::byte> bytes) : begin_(bytes.data()), rest_(bytes) {}
  bool AtEnd() const { return rest_.empty(); }
  // Errors (kCorrupt): a truncated field, a varint of more than 64 bits, field number 0, a group.
  Result<WireField> Next();
  size_t offset() const { return static_cast<size_t>(rest_.data() - begin_); }

 private:
  Result<uint64_t> Varint();
  Result<std::span<const std::byte>> Take(uint64_t count);
  const std::byte* begin_;
  std::span<const std::byte> rest_;
};

// Repeated numbers come packed in one field or one by one. Calls add(varint) for each.
Status ForEachVarint(const WireField& field, auto&& add) {
  if (field.type == WireType::kVarint) {
    add(field.varint);
    return {};
  }
  if (field.type != WireType::kBytes) return Corrupt("a number of another wire type");
  // Packed varints read as the fields of nothing: each is a key-less value.
  uint64_t value = 0;
  int shift = 0;
  for (std::byte b : field.bytes) {
    if (shift > 63) return Corrupt("a varint of more than 64 bits");
    value |= static_cast<uint64_t>(b & std::byte{0x7F}) << shift;
    shift += 7;
    if ((b & std::byte{0x80}) != std::byte{0}) continue;
    add(value);
    value = 0;
    shift = 0;
  }
  return shift == 0 ? Status() : Status(Corrupt("a truncated list of numbers"));
}
Status ForEachFixed32(const WireField& field, auto&& add) {
  if (field.type == WireType::kFixed32) {
    add(static_cast<uint32_t>(field.varint));
    return {};
  }
  if (field.type != WireType::kBytes || field.bytes.size() % 4 != 0)
    return Corrupt("a truncated list of floats");
  for (size_t i = 0; i < field.bytes.size(); i += 4) {
    uint32_t bits = 0;
    for (size_t k = 4; k-- > 0;) bits = bits << 8 | std::to_integer<uint32_t>(field.bytes[i + k]);
    add(bits);
  }
  return {};
}
Status ForEachFixed64(const WireField& field, auto&& add) {
  if (field.type == WireType::kFixed64) {
    add(field.varint);
    return {};
  }
  if (field.type != WireType::kBytes || field.bytes.size() % 8 != 0)
    return Corrupt("a truncated list of doubles");
  for (size_t i = 0; i < field.bytes.size(); i += 8) {
    uint64_t bits = 0;
    for (size_t k = 8; k-- > 0;) bits = bits << 8 | std::to_integer<uint64_t>(field.bytes[i + k]);
    add(bits);
  }
  return {};
}

// Appends fields; nested messages are written as bytes.
class WireWriter {
 public:
  void Varint(uint32_t number, uint64_t value);
  void Int(uint32_t number, int64_t value) { Varint(number, static_cast<uint64_t>(value)); }
  void Float(uint32_t number, float value);
  void Bytes(uint32_t number, std::string_view bytes);
  void Bytes(uint32_t number, const WireWriter& message) { Bytes(number, message.out_); }
  // A repeated int64, packed.
  void Ints(uint32_t number, std::span<const int64_t> values);
  const std::string& out() const { return out_; }
  std::string Take() && { return std::move(out_); }

 private:
  void Raw(uint64_t value);
  std::string out_;
};

}  // namespace sinter
