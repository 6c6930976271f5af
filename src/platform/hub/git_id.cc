#include "platform/hub/git_id.h"

namespace sinter {

std::string GitId::Hex() const {
  constexpr std::string_view kDigits = "0123456789abcdef";
  std::string hex;
  hex.reserve(40);
  for (const unsigned char byte : bytes) {
    hex += kDigits[byte >> 4];
    hex += kDigits[byte & 15];
  }
  return hex;
}

std::optional<GitId> ParseGitId(std::string_view hex) {
  if (hex.size() != 40) return std::nullopt;
  GitId id;
  for (size_t i = 0; i < hex.size(); ++i) {
    const char c = hex[i];
    const bool digit = c >= '0' && c <= '9';
    if (!digit && (c < 'a' || c > 'f')) return std::nullopt;
    const auto value = static_cast<unsigned char>(digit ? c - '0' : c - 'a' + 10);
    id.bytes[i / 2] = static_cast<unsigned char>((id.bytes[i / 2] << 4) | value);
  }
  return id;
}

}  // namespace sinter
