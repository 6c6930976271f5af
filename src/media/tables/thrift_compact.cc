#include "media/tables/thrift_compact.h"

#include <fmt/format.h>

namespace sinter {
namespace {

constexpr int kDeepest = 32;  // Parquet's metadata nests some six deep

Result<ThriftType> TypeOf(uint8_t nibble) {
  if (nibble > static_cast<uint8_t>(ThriftType::kStruct))
    return Corrupt(fmt::format("its metadata has a value of type {}, which Thrift does not know", nibble));
  return static_cast<ThriftType>(nibble);
}

int64_t FromZigzag(uint64_t value) {
  return static_cast<int64_t>(value >> 1) ^ -static_cast<int64_t>(value & 1);
}

bool IsBool(ThriftType type) { return type == ThriftType::kTrue || type == ThriftType::kFalse; }

Error Other(ThriftType type) {
  return Corrupt(
      fmt::format("its metadata has a value of type {} where another belongs", static_cast<int>(type)));
}

}  // namespace

Result<uint8_t> ThriftReader::Byte() {
  if (rest_.empty()) return Corrupt("its metadata is cut off");
  const auto byte = std::to_integer<uint8_t>(rest_.front());
  rest_ = rest_.subspan(1);
  return byte;
}

Result<uint64_t> ThriftReader::Varint() {
  uint64_t value = 0;
  for (int shift = 0; shift < 64; shift += 7) {
    TRY(const uint8_t byte, Byte());
    value |= static_cast<uint64_t>(byte & 0x7F) << shift;
    if ((byte & 0x80) == 0) return value;
  }
  return Corrupt("its metadata has a number of more than 64 bits");
}

Result<ThriftField> ThriftReader::NextField(int before) {
  TRY(const uint8_t head, Byte());
  TRY(const ThriftType type, TypeOf(head & 0x0F));
  if (type == ThriftType::kStop) return ThriftField{};
  if (head >> 4 != 0) return ThriftField{before + (head >> 4), type};
  TRY(const int64_t id, Int(ThriftType::kI16, 0, std::numeric_limits<int16_t>::max()));
  return ThriftField{static_cast<int>(id), type};
}

Result<ThriftReader::ListHead> ThriftReader::NextList(ThriftType type) {
  if (type != ThriftType::kList && type != ThriftType::kSet) return Other(type);
  TRY(const uint8_t head, Byte());
  TRY(const ThriftType element, TypeOf(head & 0x0F));
  uint64_t count = head >> 4;
  if (count == 15) {
    TRY(count, Varint());
  }
  // Every element takes a byte at least, so a count that lies is found here.
  if (count > rest_.size())
    return Corrupt(fmt::format("its metadata has a list of {} in too few bytes", count));
  return ListHead{element, count};
}

Result<int64_t> ThriftReader::Int(ThriftType type, int64_t least, int64_t most) {
  int64_t value = 0;
  if (type == ThriftType::kI8) {
    TRY(const uint8_t byte, Byte());
    value = byte < 0x80 ? byte : byte - 0x100;
  } else if (type == ThriftType::kI16 || type == ThriftType::kI32 || type == ThriftType::kI64) {
    TRY(const uint64_t raw, Varint());
    value = FromZigzag(raw);
  } else {
    return Other(type);
  }
  if (value < least || value > most)
    return Corrupt(fmt::format("its metadata has a {} outside of {} to {}", value, least, most));
  return value;
}

Status ThriftReader::Int32(ThriftField field, int32_t& out) {
  using Limits = std::numeric_limits<int32_t>;
  TRY(const int64_t value, Int(field.type, Limits::min(), Limits::max()));
  out = static_cast<int32_t>(value);
  return {};
}

Status ThriftReader::Int64(ThriftField field, int64_t& out) {
  using Limits = std::numeric_limits<int64_t>;
  TRY(out, Int(field.type, Limits::min(), Limits::max()));
  return {};
}

Status ThriftReader::Bool(ThriftField field, bool& out) {
  if (!IsBool(field.type)) return Other(field.type);
  out = field.type == ThriftType::kTrue;
  return {};
}

Result<std::string_view> ThriftReader::Binary(ThriftType type) {
  if (type != ThriftType::kBinary) return Other(type);
  TRY(const uint64_t length, Varint());
  if (length > rest_.size())
    return Corrupt(
        fmt::format("its metadata has a text of {} bytes where {} are left", length, rest_.size()));
  const std::string_view text(reinterpret_cast<const char*>(rest_.data()), length);
  rest_ = rest_.subspan(length);
  return text;
}

// A field's boolean is in its type; elsewhere it is a byte.
Status ThriftReader::Skip(ThriftType type, int depth, bool field) {
  if (depth > kDeepest) return Corrupt("its metadata nests too deep");
  switch (type) {
    case ThriftType::kStop:
      return Other(type);
    case ThriftType::kTrue:
    case ThriftType::kFalse: {
      if (field) return {};
      TRY([[maybe_unused]] const uint8_t value, Byte());
      return {};
    }
    case ThriftType::kI8:
    case ThriftType::kI16:
    case ThriftType::kI32:
    case ThriftType::kI64: {
      using Limits = std::numeric_limits<int64_t>;
      TRY([[maybe_unused]] const int64_t value, Int(type, Limits::min(), Limits::max()));
      return {};
    }
    case ThriftType::kDouble:
      if (rest_.size() < 8) return Corrupt("its metadata is cut off");
      rest_ = rest_.subspan(8);
      return {};
    case ThriftType::kBinary: {
      TRY([[maybe_unused]] const std::string_view text, Binary(type));
      return {};
    }
    case ThriftType::kList:
    case ThriftType::kSet: {
      TRY(const ListHead head, NextList(type));
      for (uint64_t i = 0; i < head.count; ++i) TRY_STATUS(Skip(head.type, depth + 1, false));
      return {};
    }
    case ThriftType::kMap: {
      TRY(const uint64_t count, Varint());
      if (count == 0) return {};
      TRY(const uint8_t types, Byte());
      TRY(const ThriftType key, TypeOf(types >> 4));
      TRY(const ThriftType value, TypeOf(types & 0x0F));
      if (count > rest_.size()) return Corrupt("its metadata has a map in too few bytes");
      for (uint64_t i = 0; i < count; ++i) {
        TRY_STATUS(Skip(key, depth + 1, false));
        TRY_STATUS(Skip(value, depth + 1, false));
      }
      return {};
    }
    case ThriftType::kStruct:
      return Struct([&](ThriftField inner) { return Skip(inner.type, depth + 1, true); });
  }
  return Other(type);
}

}  // namespace sinter
