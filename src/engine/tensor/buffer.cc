#include <cstdlib>
#include <cstring>

#include <fmt/format.h>

#include "engine/tensor/tensor.h"

namespace sinter {

Result<std::shared_ptr<Buffer>> Buffer::Allocate(size_t bytes, bool zeroed) {
  // Never empty, so that data() is never null; whole lines, so that a vector load at the end stays inside.
  const size_t size =
      (std::max<size_t>(bytes, 1) + kBufferAlignment - 1) / kBufferAlignment * kBufferAlignment;
  void* data = size < bytes ? nullptr : std::aligned_alloc(kBufferAlignment, size);
  if (data == nullptr) {
    return Error{ErrorCode::kResourceExhausted, fmt::format("no memory for {} bytes", bytes),
                 "use a smaller batch or model"};
  }
  if (zeroed) std::memset(data, 0, size);
  auto buffer = std::shared_ptr<Buffer>(new Buffer);
  buffer->data_ = static_cast<std::byte*>(data);
  buffer->size_ = bytes;
  buffer->owned_ = true;
  return buffer;
}

std::shared_ptr<Buffer> Buffer::Borrow(std::byte* data, size_t bytes, std::shared_ptr<const void> owner) {
  auto buffer = std::shared_ptr<Buffer>(new Buffer);
  buffer->data_ = data;
  buffer->size_ = bytes;
  buffer->owner_ = std::move(owner);
  return buffer;
}

std::shared_ptr<Buffer> Buffer::BorrowConst(std::span<const std::byte> bytes,
                                            std::shared_ptr<const void> owner) {
  auto buffer = Borrow(const_cast<std::byte*>(bytes.data()), bytes.size(), std::move(owner));
  buffer->writable_ = false;
  return buffer;
}

Buffer::~Buffer() {
  if (owned_) std::free(data_);
}

}  // namespace sinter
