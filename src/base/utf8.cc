#include "base/utf8.h"

#include <cstdint>

namespace sinter {

size_t Utf8LengthAt(std::string_view text, size_t at) {
  const auto c = static_cast<unsigned char>(text[at]);
  const size_t n = c < 0x80 ? 1 : c >> 5 == 6 ? 2 : c >> 4 == 14 ? 3 : c >> 3 == 30 ? 4 : 0;
  if (n == 0 || n > text.size() - at) return 0;
  uint32_t code = n == 1 ? c : c & (0x7fu >> n);
  for (size_t j = 1; j < n; ++j) {
    const auto next = static_cast<unsigned char>(text[at + j]);
    if (next >> 6 != 2) return 0;
    code = code << 6 | (next & 0x3fu);
  }
  constexpr uint32_t kLeast[] = {0, 0, 0x80, 0x800, 0x10000};
  if (code < kLeast[n] || code > 0x10ffff || (code >= 0xd800 && code <= 0xdfff)) return 0;
  return n;
}

bool IsUtf8(std::string_view text) {
  for (size_t i = 0; i < text.size();) {
    const size_t length = Utf8LengthAt(text, i);
    if (length == 0) return false;
    i += length;
  }
  return true;
}

}  // namespace sinter
