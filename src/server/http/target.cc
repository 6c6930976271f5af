#include "server/http/target.h"

#include <algorithm>
#include <cctype>

#include <fmt/format.h>

namespace sinter {
namespace {

int HexDigit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

}  // namespace

Result<std::string> PercentDecode(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  for (size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '\0') return InvalidArgument("a NUL byte in the target");
    if (text[i] != '%') {
      out += text[i];
      continue;
    }
    const int high = i + 1 < text.size() ? HexDigit(text[i + 1]) : -1;
    const int low = i + 2 < text.size() ? HexDigit(text[i + 2]) : -1;
    if (high < 0 || low < 0)
      return InvalidArgument(fmt::format("a broken escape in '{}'", text.substr(0, 100)));
    if (high == 0 && low == 0) return InvalidArgument("a NUL byte in the target");
    out += static_cast<char>(high * 16 + low);
    i += 2;
  }
  return out;
}

std::string PercentEncode(std::string_view text) {
  std::string out;
  for (char c : text) {
    const bool plain =
        std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '-' || c == '.' || c == '_' || c == '~';
    if (plain)
      out += c;
    else
      out += fmt::format("%{:02X}", static_cast<unsigned char>(c));
  }
  return out;
}

Result<std::vector<std::pair<std::string, std::string>>> ParseQuery(std::string_view rest) {
  std::vector<std::pair<std::string, std::string>> pairs;
  while (!rest.empty()) {
    const size_t end = rest.find('&');
    std::string_view pair = rest.substr(0, end);
    rest = end == std::string_view::npos ? std::string_view() : rest.substr(end + 1);
    const size_t equals = pair.find('=');
    // '+' is a space in queries, as forms write it.
    std::string value(equals == std::string_view::npos ? std::string_view() : pair.substr(equals + 1));
    for (char& c : value) c = c == '+' ? ' ' : c;
    TRY(std::string name, PercentDecode(pair.substr(0, equals)));
    TRY(std::string decoded, PercentDecode(value));
    pairs.emplace_back(std::move(name), std::move(decoded));
  }
  return pairs;
}

Result<Target> ParseTarget(std::string_view text) {
  if (text.empty() || text[0] != '/') return InvalidArgument("the target must begin with '/'");
  if (std::ranges::any_of(text, [](unsigned char c) { return c <= 0x20 || c == 0x7f; }))
    return InvalidArgument("a blank or a control character in the target", "percent-encode it");
  Target target;
  const size_t question = text.find('?');
  target.path = text.substr(0, question);
  if (question == std::string_view::npos) return target;
  TRY(auto pairs, ParseQuery(text.substr(question + 1)));
  for (auto& [name, value] : pairs) target.query[std::move(name)] = std::move(value);
  return target;
}

}  // namespace sinter
