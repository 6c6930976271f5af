#include "platform/records/record.h"

#include <algorithm>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "base/json.h"
#include "base/utf8.h"

namespace sinter {
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
  if (!IsUtf8(name)) return InvalidArgument("a name is not UTF-8");
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
