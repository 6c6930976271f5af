// NPY: as many bytes as the shape says, no more than the file; written with our header it reads back the
// same.
#include "media/tables/npy.h"
#include "fuzz/targets.h"

namespace sinter {
namespace {

Status Run(std::span<const std::byte> input) {
  TRY(const NpyArray array, DecodeNpy(input));
  uint64_t bytes = static_cast<uint64_t>(array.type.bytes);
  for (const int64_t size : array.shape) bytes *= static_cast<uint64_t>(size);
  SINTER_CHECK(array.bytes.size() == bytes && bytes <= input.size());
  std::string again = NpyHeader(array.type, array.shape);
  SINTER_CHECK(again.size() % 64 == 0);
  again.append(TextOf(array.bytes));
  const auto read = DecodeNpy(std::as_bytes(std::span(again)));
  SINTER_CHECK(read.has_value() && read->type == array.type && read->shape == array.shape &&
               TextOf(read->bytes) == TextOf(array.bytes));
  return {};
}

}  // namespace

FuzzTarget NpyTarget() { return {&Run, {ErrorCode::kCorrupt, ErrorCode::kUnsupported}}; }

}  // namespace sinter
