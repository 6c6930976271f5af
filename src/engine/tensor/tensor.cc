#include "engine/tensor/tensor.h"

#include <cstring>

#include <fmt/format.h>
#include <fmt/ranges.h>

namespace sinter {

Result<int64_t> CountElements(std::span<const int64_t> dims) {
  constexpr int64_t kMost = int64_t{1} << 48;
  int64_t count = 1;
  bool empty = false;
  for (int64_t dim : dims) {
    if (dim < 0) return InvalidArgument(fmt::format("shape {} has a negative dimension", DimsToString(dims)));
    empty = empty || dim == 0;
    if (dim > 0 && (__builtin_mul_overflow(count, dim, &count) || count > kMost)) {
      return InvalidArgument(
          fmt::format("shape {} has more elements than any memory holds", DimsToString(dims)));
    }
  }
  return empty ? 0 : count;
}

std::string DimsToString(std::span<const int64_t> dims) { return fmt::format("[{}]", fmt::join(dims, ",")); }

Result<size_t> EncodedBytes(DType dtype, std::span<const int64_t> dims, const Encoding& encoding) {
  TRY(const int64_t count, CountElements(dims));
  switch (encoding.kind) {
    case Encoding::Kind::kPlain:
      return static_cast<size_t>(count) * DTypeSize(dtype);
    case Encoding::Kind::kInt4: {
      const int64_t row = dims.empty() ? 1 : dims.back();
      return row == 0 ? size_t{0} : static_cast<size_t>(count / row * ((row + 1) / 2));
    }
    case Encoding::Kind::kInt8Channel:
      if (encoding.axis < 0 || static_cast<size_t>(encoding.axis) >= dims.size()) {
        return InvalidArgument(
            fmt::format("{} has no axis {} for its scales", DimsToString(dims), encoding.axis));
      }
      return static_cast<size_t>(count + 4 * dims[static_cast<size_t>(encoding.axis)]);
    case Encoding::Kind::kGguf:
      break;
  }
  return Unsupported(fmt::format("encoding {} cannot be allocated here", encoding.ToString()));
}

Result<Tensor> Tensor::Create(DType dtype, Dims dims, bool zeroed, Encoding encoding) {
  if (dtype == DType::kString) {
    TRY(const int64_t count, CountElements(dims));
    return Strings(std::move(dims), std::vector<std::string>(static_cast<size_t>(count)));
  }
  TRY(const size_t bytes, EncodedBytes(dtype, dims, encoding));
  TRY(auto buffer, Buffer::Allocate(bytes, zeroed));
  return View(std::move(buffer), 0, dtype, std::move(dims), std::move(encoding));
}

Result<Tensor> Tensor::View(std::shared_ptr<Buffer> buffer, size_t offset, DType dtype, Dims dims,
                            Encoding encoding) {
  if (DTypeSize(dtype) == 0)
    return InvalidArgument(fmt::format("{} has no fixed size to view bytes as", DTypeName(dtype)));
  TRY(const size_t bytes, EncodedBytes(dtype, dims, encoding));
  if (offset > buffer->size() || bytes > buffer->size() - offset) {
    return InvalidArgument(fmt::format("{}{} takes {} bytes at {}; the buffer has {}", DTypeName(dtype),
                                       DimsToString(dims), bytes, offset, buffer->size()));
  }
  TRY(const int64_t count, CountElements(dims));
  Tensor tensor;
  tensor.dtype_ = dtype;
  tensor.dims_ = std::move(dims);
  tensor.encoding_ = std::move(encoding);
  tensor.elements_ = count;
  tensor.bytes_ = bytes;
  tensor.data_ = buffer->data() + offset;
  tensor.buffer_ = std::move(buffer);
  return tensor;
}

Tensor Tensor::Strings(Dims dims, std::vector<std::string> values) {
  const auto count = CountElements(dims);
  SINTER_CHECK(count.has_value() && *count == static_cast<int64_t>(values.size()));
  Tensor tensor;
  tensor.dtype_ = DType::kString;
  tensor.dims_ = std::move(dims);
  tensor.elements_ = *count;
  tensor.strings_ = std::make_shared<std::vector<std::string>>(std::move(values));
  return tensor;
}

Type Tensor::type() const { return Type::Tensor(dtype_, Shape(dims_.begin(), dims_.end()), encoding_); }

std::span<const std::string> Tensor::strings() const {
  SINTER_CHECK(strings_ != nullptr);
  return *strings_;
}

std::span<std::string> Tensor::mutable_strings() const {
  SINTER_CHECK(strings_ != nullptr);
  return *strings_;
}

Result<Tensor> Tensor::Reshaped(Dims dims) const {
  TRY(const int64_t count, CountElements(dims));
  if (count != elements_ || !encoding_.IsPlain()) {
    return InvalidArgument(
        fmt::format("{}{} cannot be seen as {}", DTypeName(dtype_), DimsToString(dims_), DimsToString(dims)));
  }
  Tensor view = *this;
  view.dims_ = std::move(dims);
  return view;
}

Result<Tensor> Tensor::Clone() const {
  if (dtype_ == DType::kString) return Strings(dims_, *strings_);
  if (!defined()) return Tensor();
  TRY(Tensor copy, Create(dtype_, dims_, false, encoding_));
  if (bytes_ > 0) std::memcpy(copy.data_, data_, bytes_);
  return copy;
}

double Tensor::AsDouble(int64_t i) const {
  double value = 0;
  DispatchDType(dtype_, [&]<class T>() {
    const T element = data<T>()[static_cast<size_t>(i)];
    if constexpr (std::is_same_v<T, Half> || std::is_same_v<T, BFloat16>) {
      value = static_cast<double>(static_cast<float>(element));
    } else {
      value = static_cast<double>(element);
    }
  });
  return value;
}

int64_t Tensor::AsInt(int64_t i) const {
  int64_t value = 0;
  DispatchDType(dtype_, [&]<class T>() {
    if constexpr (std::is_same_v<T, Half> || std::is_same_v<T, BFloat16>) {
      value = static_cast<int64_t>(static_cast<float>(data<T>()[static_cast<size_t>(i)]));
    } else {
      // NOLINTNEXTLINE(bugprone-signed-char-misuse): a number, also in 8 bits
      value = static_cast<int64_t>(data<T>()[static_cast<size_t>(i)]);
    }
  });
  return value;
}

std::vector<int64_t> Tensor::ToInts() const {
  std::vector<int64_t> values(static_cast<size_t>(elements_));
  for (int64_t i = 0; i < elements_; ++i) values[static_cast<size_t>(i)] = AsInt(i);
  return values;
}

bool Tensor::SameAs(const Tensor& other) const {
  if (dtype_ != other.dtype_ || dims_ != other.dims_ || !(encoding_ == other.encoding_)) return false;
  if (dtype_ == DType::kString) return *strings_ == *other.strings_;
  return bytes_ == 0 || std::memcmp(data_, other.data_, bytes_) == 0;
}

}  // namespace sinter
