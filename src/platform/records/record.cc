#include "platform/records/record.h"

#include <algorithm>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "base/json.h"

namespace sinter {
namespace {

// Well-formed UTF-8 (RFC 3629): no overlong forms, no surrogates, nothing above U+10FFFF.
bool ValidUtf8(std::string_view text) {
  for (size_t i = 0; i < text.size();) {
    const auto c = static_cast<unsigned char>(text[i]);
    const size_t n = c < 0x80 ? 1 : c >> 5 == 6 ? 2 : c >> 4 == 14 ? 3 : c >> 3 == 30 ? 4 : 0;
    if (n == 0 || i + n > text.size()) return false;
    uint32_t code = n == 1 ? c : c & (0x7fu >> n);
    for (size_t j = 1; j < n; ++j) {
      const auto next = static_cast<unsigned char>(text[i + j]);
      if (next >> 6 != 2) return false;
      code = code << 6 | (next & 0x3fu);
    }
    constexpr uint32_t kLeast[] = {0, 0, 0x80, 0x800, 0x10000};
    if (code < kLeast[n] || code > 0x10ffff || (code >= 0xd800 && code <= 0xdfff)) return false;
    i += n;
  }
  return true;
}

}  // namespace

std::string_view ChangeKindName(ChangeKind kind) {
  switch (kind) {
    case ChangeKind::kCreate:
      return "create";
    case ChangeKind::kUpdate:
      return "update";
    case ChangeKind::kDelete:
      return "delete";
  }
  return "";
}

Status CheckRecordKind(std::string_view kind) {
  const bool plain = std::ranges::all_of(
      kind, [](char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_'; });
  if (plain && !kind.empty() && kind.size() <= 64) return {};
  return InvalidArgument(
      fmt::format("'{}' is no kind: a-z, digits and '_', at most 64", kind.substr(0, 100)));
}

Status CheckRecordName(std::string_view name) {
  std::string_view why;
  if (name.empty()) why = "it is empty";
  if (name.size() > 512) why = "it is longer than 512 bytes";
  if (std::ranges::any_of(name, [](unsigned char c) { return c < 0x20 || c == 0x7f; }))
    why = "it holds a control character";
  if (!ValidUtf8(name)) return InvalidArgument("a name is not UTF-8");
  if (why.empty()) return {};
  return InvalidArgument(fmt::format("'{}' is no name: {}", name.substr(0, 100), why));
}

Result<std::string> CanonicalObject(std::string_view what, std::string_view text) {
  auto parsed = ParseJson(text, {.bytes = kRecordTextLimit});
  if (!parsed) return std::move(parsed).error().In(what);
  if (!parsed->is_object()) return InvalidArgument(fmt::format("{}: an object is needed", what));
  return parsed->dump();
}

}  // namespace sinter
