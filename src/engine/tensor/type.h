// Types of values: tensor(dtype, shape, encoding), sequence, optional, map.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "engine/tensor/dim.h"
#include "engine/tensor/dtype.h"

namespace sinter {

using Shape = std::vector<Dim>;  // rank is always known; {} is a scalar

// How the bytes hold the numbers of a tensor whose logical dtype is given beside it.
struct Encoding {
  enum class Kind : uint8_t {
    kPlain,        // row-major elements
    kInt4,         // i8 or u8 values in 4 bits, two a byte, low nibble first, rows padded to a byte
    kInt8Channel,  // f32 values: int8 numbers, row-major, then one f32 scale for each index of `axis`
    kGguf,         // f32 values in GGUF's blocks; `format` names them ("q4_0")
  };
  Kind kind = Kind::kPlain;
  int axis = 0;
  std::string format;
  bool IsPlain() const { return kind == Kind::kPlain; }
  bool operator==(const Encoding&) const = default;
  // "", ":int4", ":int8_channel(0)", ":gguf(q4_0)"
  std::string ToString() const;
};

struct Type {
  enum class Kind : uint8_t { kUnknown, kTensor, kSequence, kOptional, kMap };
  Kind kind = Kind::kUnknown;
  DType dtype = DType::kUndefined;      // of a tensor; of the keys, for a map
  Shape shape;                          // of a tensor
  Encoding encoding;                    // of a tensor
  std::shared_ptr<const Type> element;  // of a sequence, an optional or a map

  static Type Tensor(DType dtype, Shape shape, Encoding encoding = {});
  static Type Sequence(Type element);
  static Type Optional(Type element);
  static Type Map(DType key, Type value);

  bool IsKnown() const { return kind != Kind::kUnknown; }
  bool IsTensor() const { return kind == Kind::kTensor; }
  size_t Rank() const { return shape.size(); }
  Dim ElementCount() const;  // of a tensor
  Dim ByteSize() const;      // of a tensor in its encoding; strings count 0
  bool operator==(const Type& other) const;

  // "f32[N,784]", "f32[64,32]:int8_channel(0)", "seq<f32[N]>", "opt<i64[]>", "map<i64,f32[]>", "?"
  std::string ToString() const;
};

std::string ShapeToString(const Shape& shape);  // "[N,784]"

}  // namespace sinter
