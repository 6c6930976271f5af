// gzip, undone: the same whatever the sizes it is read in; bytes that are not gzip pass through; what was
// unpacked, packed and unpacked again is equal. Reads no more than 64 KiB of what a bomb would give.
#include "media/tables/gunzip.h"
#include "fuzz/targets.h"
#include "media/tables/idx.h"

namespace sinter {
namespace {

constexpr size_t kMost = 64 << 10;

Result<std::string> Unpack(std::span<const std::byte> bytes, size_t step) {
  TRY(const auto source, MaybeGunzip(std::make_unique<SpanSource>(bytes)));
  std::string out;
  std::vector<std::byte> block(step);
  while (out.size() < kMost) {
    TRY(const size_t n, source->Read(block));
    SINTER_CHECK(n <= step);
    if (n == 0) break;
    out += TextOf(std::span(block).first(n));
  }
  return out;
}

Status Run(std::span<const std::byte> input) {
  const auto small = Unpack(input, 257);
  TRY(const std::string out, Unpack(input, 8 << 10));
  if (out.size() >= kMost) return {};
  SINTER_CHECK(small.has_value() && *small == out);
  if (!TextOf(input).starts_with("\x1f\x8b")) SINTER_CHECK(out == TextOf(input));
  const std::vector<std::byte> packed = Gzip(std::as_bytes(std::span(out)));
  const auto again = Unpack(packed, 1000);
  SINTER_CHECK(again.has_value() && *again == out);
  return {};
}

}  // namespace

FuzzTarget GunzipTarget() { return {&Run, {ErrorCode::kCorrupt}}; }

}  // namespace sinter
