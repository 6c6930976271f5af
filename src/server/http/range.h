// The Range header: which bytes of an answer are wanted.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "base/result.h"

namespace sinter {

struct ByteRange {
  uint64_t begin = 0, end = 0;  // begin < end <= size
};

// `header` ("bytes=2-4", "bytes=7-", "bytes=-2") against the `size` bytes there are. Nothing where all are
// wanted: no header, other units, several ranges, text that is none (RFC 9110, 14.2: it is passed over).
// Errors (kInvalidArgument, to be answered with 416): a range outside of what there is.
Result<std::optional<ByteRange>> ParseByteRange(std::string_view header, uint64_t size);

}  // namespace sinter
