// IDX, gzipped or plain: the array has as many bytes as its shape says, and written plain it is what was
// read. The limit is small, so that it is met.
#include "media/tables/idx.h"
#include "fuzz/targets.h"

namespace sinter {
namespace {

Status Run(std::span<const std::byte> input) {
  TRY(const IdxArray array, DecodeIdx(input, 64 << 10));
  uint64_t bytes = IdxTypeSize(array.type);
  SINTER_CHECK(!array.shape.empty() && array.shape.size() <= 8);
  for (const int64_t size : array.shape) bytes *= static_cast<uint64_t>(size);
  SINTER_CHECK(array.bytes.size() == bytes);
  const std::vector<std::byte> plain = EncodeIdx(array);
  if (!TextOf(input).starts_with("\x1f\x8b")) SINTER_CHECK(TextOf(plain) == TextOf(input));
  const auto again = DecodeIdx(plain, 64 << 10);
  SINTER_CHECK(again.has_value() && again->shape == array.shape && again->bytes == array.bytes);
  return {};
}

}  // namespace

FuzzTarget IdxTarget() { return {&Run, {ErrorCode::kCorrupt, ErrorCode::kResourceExhausted}}; }

}  // namespace sinter
