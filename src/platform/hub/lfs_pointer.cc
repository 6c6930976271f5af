#include "platform/hub/lfs_pointer.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <set>

#include <fmt/format.h>

namespace sinter {
namespace {

constexpr std::string_view kVersion = "version https://git-lfs.github.com/spec/v1";
constexpr std::string_view kSha = "sha256:";

Error Lies(std::string_view why) {
  return Corrupt(fmt::format("a git-lfs pointer {}", why), "make it with git-lfs");
}

// "key value" lines in the specification's order; `version` went before.
Result<LfsPointer> ParseLines(std::string_view lines) {
  LfsPointer pointer;
  std::string_view before;
  bool has_oid = false, has_size = false;
  while (!lines.empty()) {
    const size_t end = lines.find('\n');
    if (end == lines.npos) return Lies("ends within a line");
    const std::string_view line = lines.substr(0, end);
    lines.remove_prefix(end + 1);
    const size_t space = line.find(' ');
    if (space == line.npos || space == 0) return Lies("has a line without a key and a value");
    const std::string_view key = line.substr(0, space), value = line.substr(space + 1);
    if (key <= before) return Lies("has its keys out of order, or one twice");
    before = key;
    if (key == "oid") {
      const auto digest = value.starts_with(kSha) ? ParseSha256(value.substr(kSha.size())) : std::nullopt;
      if (!digest) return Lies("has an oid that is no sha256");
      pointer.oid = *digest;
      has_oid = true;
    } else if (key == "size") {
      const auto [rest, error] = std::from_chars(value.data(), value.data() + value.size(), pointer.size);
      const bool canonical = value == "0" || (!value.empty() && value.front() >= '1' && value.front() <= '9');
      if (error != std::errc() || rest != value.data() + value.size() || !canonical)
        return Lies("has a size that is no number");
      has_size = true;
    } else if (key.starts_with("ext-")) {
      return Unsupported("a git-lfs pointer has extensions", "check the file in without them");
    } else {
      return Lies("has a key that the specification does not know");
    }
  }
  if (!has_oid || !has_size) return Lies("lacks its oid or its size");
  return pointer;
}

// A pattern of .gitattributes that matches one path and no other.
std::string Pattern(std::string_view path) {
  std::string pattern = "/";
  bool quote = false;
  for (const char c : path) {
    if (c == '*' || c == '?' || c == '[' || c == ']' || c == '\\') pattern += '\\';
    pattern += c;
    quote = quote || c == ' ' || c == '"';
  }
  if (!quote) return pattern;
  // Git's own quoting: what is between the quotes is unquoted first, then read as a pattern.
  std::string quoted = "\"";
  for (const char c : pattern) {
    if (c == '"' || c == '\\') quoted += '\\';
    quoted += c;
  }
  return quoted + '"';
}

// Of letters and digits; else none.
std::string_view Extension(std::string_view path) {
  const size_t dot = path.rfind('.');
  if (dot == path.npos) return "";
  const std::string_view extension = path.substr(dot + 1);
  const bool plain = std::ranges::all_of(extension, [](char c) {
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
  });
  return plain && extension.size() <= 16 ? extension : "";
}

}  // namespace

std::string LfsPointerText(const LfsPointer& pointer) {
  return fmt::format("{}\noid {}{}\nsize {}\n", kVersion, kSha, pointer.oid.Hex(), pointer.size);
}

Result<std::optional<LfsPointer>> ParseLfsPointer(std::string_view text) {
  if (text.size() > kLfsPointerLimit || !text.starts_with(kVersion)) return std::optional<LfsPointer>();
  text.remove_prefix(kVersion.size());
  if (!text.starts_with('\n')) return Lies("has a line without a key and a value");
  TRY(const LfsPointer pointer, ParseLines(text.substr(1)));
  return std::optional<LfsPointer>(pointer);
}

std::string LfsAttributes(std::span<const std::string_view> large, std::span<const std::string_view> small) {
  constexpr std::string_view kThrough = "filter=lfs diff=lfs merge=lfs -text";
  std::set<std::string_view> mixed, pure;
  for (const std::string_view path : small) mixed.insert(Extension(path));
  for (const std::string_view path : large) {
    if (const std::string_view extension = Extension(path); !mixed.contains(extension))
      pure.insert(extension);
  }
  pure.erase("");
  std::string text;
  for (const std::string_view extension : pure) text += fmt::format("*.{} {}\n", extension, kThrough);
  for (const std::string_view path : large) {
    if (!pure.contains(Extension(path))) text += fmt::format("{} {}\n", Pattern(path), kThrough);
  }
  return text;
}

}  // namespace sinter
