// Range headers. The first line is the number of bytes there are, the rest the header: a range lies inside.
#include <charconv>

#include "fuzz/targets.h"
#include "server/http/range.h"

namespace sinter {
namespace {

Status Run(std::span<const std::byte> input) {
  const auto [line, header] = FirstLine(TextOf(input));
  uint64_t size = 0;
  (void)std::from_chars(line.data(), line.data() + line.size(), size);
  TRY(const auto range, ParseByteRange(header, size));
  if (range) SINTER_CHECK(range->begin < range->end && range->end <= size);
  if (range) SINTER_CHECK(header.starts_with("bytes="));
  return {};
}

}  // namespace

FuzzTarget HttpRangeTarget() { return {&Run, {ErrorCode::kInvalidArgument}, 128}; }

}  // namespace sinter
