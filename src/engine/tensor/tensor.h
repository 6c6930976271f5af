// Tensors as they stand in memory: contiguous, row-major, reference-counted bytes.
#pragma once

#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "base/result.h"
#include "engine/tensor/dtype.h"
#include "engine/tensor/type.h"

namespace sinter {

// The alignment of every buffer that we allocate: a cache line, and a full AVX-512 vector.
inline constexpr size_t kBufferAlignment = 64;

// Bytes with an owner: our own aligned memory, a mapped file, a slice of an arena. Shared by reference
// count; freed by the last user, on its thread. Writable only where `writable` says so.
class Buffer {
 public:
  // Zeroed is false: contents are undefined. kResourceExhausted when memory cannot be had.
  static Result<std::shared_ptr<Buffer>> Allocate(size_t bytes, bool zeroed = false);
  // Memory that something else owns; `owner` is kept alive (null: the caller promises).
  static std::shared_ptr<Buffer> Borrow(std::byte* data, size_t bytes, std::shared_ptr<const void> owner);
  static std::shared_ptr<Buffer> BorrowConst(std::span<const std::byte> bytes,
                                             std::shared_ptr<const void> owner);
  ~Buffer();
  Buffer(const Buffer&) = delete;
  Buffer& operator=(const Buffer&) = delete;

  std::byte* data() const { return data_; }
  size_t size() const { return size_; }
  bool writable() const { return writable_; }

 private:
  Buffer() = default;
  std::byte* data_ = nullptr;
  size_t size_ = 0;
  bool writable_ = true;
  bool owned_ = false;
  std::shared_ptr<const void> owner_;
};

using Dims = std::vector<int64_t>;  // a concrete shape

// Product of the dims. Errors: negative dims, overflow of 2^48 elements (a lying header).
Result<int64_t> CountElements(std::span<const int64_t> dims);
std::string DimsToString(std::span<const int64_t> dims);  // "[2,3]"

// A view of a buffer with dtype, dims and encoding. Copying shares the bytes. Strings live beside, since
// their size is not fixed. A moved-from or default tensor is undefined (dtype kUndefined).
class Tensor {
 public:
  Tensor() = default;
  // Uninitialised or zeroed elements of our own.
  static Result<Tensor> Create(DType dtype, Dims dims, bool zeroed = false, Encoding encoding = {});
  // A view of `buffer` at `offset`. Errors: bytes outside the buffer.
  static Result<Tensor> View(std::shared_ptr<Buffer> buffer, size_t offset, DType dtype, Dims dims,
                             Encoding encoding = {});
  template <class T>
  static Tensor Of(Dims dims, std::initializer_list<T> values) {
    return FromSpan<T>(std::move(dims), std::span<const T>(values.begin(), values.size()));
  }
  // Copies `values`, which must be as many as dims say (a broken invariant otherwise).
  template <class T>
  static Tensor FromSpan(Dims dims, std::span<const T> values);
  template <class T>
  static Tensor Scalar(T value) {
    return Of<T>({}, {value});
  }
  static Tensor Strings(Dims dims, std::vector<std::string> values);

  bool defined() const { return dtype_ != DType::kUndefined; }
  DType dtype() const { return dtype_; }
  const Dims& dims() const { return dims_; }
  int64_t dim(size_t i) const { return dims_[i]; }
  size_t rank() const { return dims_.size(); }
  const Encoding& encoding() const { return encoding_; }
  int64_t elements() const { return elements_; }
  size_t bytes() const { return bytes_; }
  // The type with constant dims.
  Type type() const;

  const std::byte* raw() const { return data_; }
  std::byte* mutable_raw() const { return data_; }  // only where the buffer is writable and not shared
  template <class T>
  std::span<const T> data() const {
    Expect(DTypeOf<T>());
    return {reinterpret_cast<const T*>(data_), static_cast<size_t>(elements_)};
  }
  template <class T>
  std::span<T> mutable_data() const {
    Expect(DTypeOf<T>());
    return {reinterpret_cast<T*>(data_), static_cast<size_t>(elements_)};
  }
  std::span<const std::string> strings() const;
  std::span<std::string> mutable_strings() const;
  const std::shared_ptr<Buffer>& buffer() const { return buffer_; }

  // The same bytes under other dims. Errors: another number of elements; an encoding that is not plain.
  Result<Tensor> Reshaped(Dims dims) const;
  // This tensor's dtype and dims over the bytes of `other`, which has as many; allocates nothing.
  void Rebase(const Tensor& other) {
    data_ = other.data_;
    buffer_ = other.buffer_;
  }
  // A copy with bytes of its own.
  Result<Tensor> Clone() const;
  // Element i as a double / int64, whatever the (plain, numeric) dtype; slow, for tests and small tensors.
  double AsDouble(int64_t i) const;
  int64_t AsInt(int64_t i) const;
  std::vector<int64_t> ToInts() const;
  // Same dtype, dims, encoding and bytes (or strings).
  bool SameAs(const Tensor& other) const;

 private:
  void Expect(DType dtype) const { SINTER_CHECK(dtype == dtype_ && encoding_.IsPlain()); }
  DType dtype_ = DType::kUndefined;
  Dims dims_;
  Encoding encoding_;
  int64_t elements_ = 0;
  size_t bytes_ = 0;
  std::byte* data_ = nullptr;
  std::shared_ptr<Buffer> buffer_;
  std::shared_ptr<std::vector<std::string>> strings_;
};

// Bytes that `dims` elements take in `encoding`. Errors: overflow, an encoding that cannot hold them.
Result<size_t> EncodedBytes(DType dtype, std::span<const int64_t> dims, const Encoding& encoding);

template <class T>
Tensor Tensor::FromSpan(Dims dims, std::span<const T> values) {
  auto tensor = Create(DTypeOf<T>(), std::move(dims));
  SINTER_CHECK(tensor.has_value() && tensor->elements() == static_cast<int64_t>(values.size()));
  std::copy(values.begin(), values.end(), reinterpret_cast<T*>(tensor->data_));
  return *std::move(tensor);
}

}  // namespace sinter
