#include "engine/tensor/type.h"

#include <fmt/format.h>

namespace sinter {

std::string Encoding::ToString() const {
  switch (kind) {
    case Kind::kPlain:
      return "";
    case Kind::kInt4:
      return ":int4";
    case Kind::kInt8Channel:
      return fmt::format(":int8_channel({})", axis);
    case Kind::kGguf:
      return fmt::format(":gguf({})", format);
  }
  return "";
}

Type Type::Tensor(DType dtype, Shape shape, Encoding encoding) {
  Type type;
  type.kind = Kind::kTensor;
  type.dtype = dtype;
  type.shape = std::move(shape);
  type.encoding = std::move(encoding);
  return type;
}

Type Type::Sequence(Type element) {
  Type type;
  type.kind = Kind::kSequence;
  type.element = std::make_shared<Type>(std::move(element));
  return type;
}

Type Type::Optional(Type element) {
  Type type = Sequence(std::move(element));
  type.kind = Kind::kOptional;
  return type;
}

Type Type::Map(DType key, Type value) {
  Type type = Sequence(std::move(value));
  type.kind = Kind::kMap;
  type.dtype = key;
  return type;
}

Dim Type::ElementCount() const {
  Dim count = 1;
  for (const Dim& dim : shape) count = count * dim;
  return count;
}

Dim Type::ByteSize() const {
  switch (encoding.kind) {
    case Encoding::Kind::kPlain:
      return ElementCount() * Dim(static_cast<int64_t>(DTypeSize(dtype)));
    case Encoding::Kind::kInt4: {
      Dim bytes = shape.empty() ? Dim(1) : CeilDiv(shape.back(), 2);
      for (size_t i = 0; i + 1 < shape.size(); ++i) bytes = bytes * shape[i];
      return bytes;
    }
    case Encoding::Kind::kInt8Channel:
      return ElementCount() + Dim(4) * (static_cast<size_t>(encoding.axis) < shape.size()
                                            ? shape[static_cast<size_t>(encoding.axis)]
                                            : Dim(1));
    case Encoding::Kind::kGguf:
      return 0;  // known to formats/gguf, which holds such tensors as opaque bytes
  }
  return 0;
}

bool Type::operator==(const Type& other) const {
  if (kind != other.kind || dtype != other.dtype) return false;
  if (kind == Kind::kTensor) return shape == other.shape && encoding == other.encoding;
  if (kind == Kind::kUnknown) return true;
  return *element == *other.element;
}

std::string ShapeToString(const Shape& shape) {
  std::string text = "[";
  for (size_t i = 0; i < shape.size(); ++i) text += (i == 0 ? "" : ",") + shape[i].ToString();
  return text + "]";
}

std::string Type::ToString() const {
  switch (kind) {
    case Kind::kUnknown:
      return "?";
    case Kind::kTensor:
      return std::string(DTypeName(dtype)) + ShapeToString(shape) + encoding.ToString();
    case Kind::kSequence:
      return fmt::format("seq<{}>", element->ToString());
    case Kind::kOptional:
      return fmt::format("opt<{}>", element->ToString());
    case Kind::kMap:
      return fmt::format("map<{},{}>", DTypeName(dtype), element->ToString());
  }
  return "?";
}

}  // namespace sinter
