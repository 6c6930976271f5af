// UTF-8 against a decoder written from RFC 3629's table, and any bytes made into a JSON string.
#include "base/utf8.h"
#include "base/json_scanner.h"
#include "fuzz/targets.h"
#include "server/api/oip/oip.h"

namespace sinter {
namespace {

// The length of the character that begins here; 0 where none does.
size_t Character(std::string_view text) {
  auto byte = [&](size_t i) { return static_cast<unsigned>(static_cast<unsigned char>(text[i])); };
  const unsigned first = byte(0);
  const size_t length = first < 0x80   ? 1
                        : first < 0xC2 ? 0
                        : first < 0xE0 ? 2
                        : first < 0xF0 ? 3
                        : first < 0xF5 ? 4
                                       : 0;
  if (length == 0 || length > text.size()) return 0;
  if (length == 1) return 1;
  unsigned code = first & (0x7Fu >> length);
  for (size_t i = 1; i < length; ++i) {
    if ((byte(i) & 0xC0) != 0x80) return 0;
    code = code << 6 | (byte(i) & 0x3F);
  }
  constexpr unsigned kLeast[] = {0, 0, 0x80, 0x800, 0x10000};
  const bool surrogate = code >= 0xD800 && code < 0xE000;
  return code < kLeast[length] || surrogate || code > 0x10FFFF ? 0 : length;
}

Status Run(std::span<const std::byte> input) {
  const std::string_view text = TextOf(input);
  bool all = true;
  for (size_t at = 0; at < text.size();) {
    const size_t length = Character(text.substr(at));
    SINTER_CHECK(Utf8LengthAt(text, at) == length);
    all = all && length > 0;
    at += length == 0 ? 1 : length;
  }
  SINTER_CHECK(IsUtf8(text) == all);
  std::string quoted, back;
  AppendJsonString(quoted, text);
  JsonScanner scanner(quoted);
  SINTER_CHECK(scanner.String(back) && scanner.AtEnd() && IsUtf8(back));
  if (!all) return InvalidArgument("no UTF-8");
  SINTER_CHECK(back == text);
  return {};
}

}  // namespace

FuzzTarget Utf8Target() { return {&Run, {ErrorCode::kInvalidArgument}, 256}; }

}  // namespace sinter
