// Whether bytes are text.
#pragma once

#include <cstddef>
#include <string_view>

namespace sinter {

// Well-formed UTF-8 (RFC 3629): no overlong forms, no surrogates, nothing above U+10FFFF.
bool IsUtf8(std::string_view text);
// The bytes of the well-formed character that begins at `at` (below text.size()); 0 where none does.
size_t Utf8LengthAt(std::string_view text, size_t at);

}  // namespace sinter
