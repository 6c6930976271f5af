// Apache Thrift's compact protocol, read only, as far as Parquet's metadata needs it.
// Reference: doc/specs/thrift-compact-protocol.md of Apache Thrift.
#pragma once

#include <cstddef>
#include <cstdint>
#include <limits>
#include <span>
#include <string_view>

#include "base/result.h"

namespace sinter {

enum class ThriftType : uint8_t {
  kStop = 0,
  kTrue = 1,
  kFalse = 2,
  kI8 = 3,
  kI16 = 4,
  kI32 = 5,
  kI64 = 6,
  kDouble = 7,
  kBinary = 8,
  kList = 9,
  kSet = 10,
  kMap = 11,
  kStruct = 12,
};

struct ThriftField {
  int id = 0;
  ThriftType type = ThriftType::kStop;
};

// Views of what is read; nothing is allocated, and no length is believed before the bytes are there. Every
// error is kCorrupt.
class ThriftReader {
 public:
  explicit ThriftReader(std::span<const std::byte> bytes) : rest_(bytes), size_(bytes.size()) {}

  // Calls `read(field)` for each field of a struct. It reads the field's value, or skips it (Skip).
  template <class Read>
  Status Struct(Read&& read) {
    int id = 0;
    for (;;) {
      TRY(const ThriftField field, NextField(id));
      if (field.type == ThriftType::kStop) return {};
      id = field.id;
      TRY_STATUS(read(field));
    }
  }
  // Calls `read(type of the elements)` for each element of a list.
  template <class Read>
  Status List(ThriftField field, Read&& read) {
    TRY(const ListHead head, NextList(field.type));
    for (uint64_t i = 0; i < head.count; ++i) TRY_STATUS(read(head.type));
    return {};
  }
  // Any width of integer, within the bounds.
  Result<int64_t> Int(ThriftType type, int64_t least, int64_t most);
  Status Int32(ThriftField field, int32_t& out);
  Status Int64(ThriftField field, int64_t& out);
  Status Bool(ThriftField field, bool& out);
  Result<std::string_view> Binary(ThriftType type);
  Status Skip(ThriftType type) { return Skip(type, 0, true); }

  size_t offset() const { return size_ - rest_.size(); }

 private:
  struct ListHead {
    ThriftType type;
    uint64_t count;
  };
  Result<ThriftField> NextField(int before);
  Result<ListHead> NextList(ThriftType type);
  Result<uint8_t> Byte();
  Result<uint64_t> Varint();
  Status Skip(ThriftType type, int depth, bool field);
  std::span<const std::byte> rest_;
  size_t size_;
};

}  // namespace sinter
