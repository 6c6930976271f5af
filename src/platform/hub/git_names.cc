#include "platform/hub/git_names.h"

#include <algorithm>
#include <unordered_map>

#include <fmt/format.h>

#include "base/ascii.h"
#include "base/file.h"
#include "base/utf8.h"

namespace sinter {
namespace {

// Code points that HFS+ ignores in names: U+200C-200F, U+202A-202E, U+206A-206F and U+FEFF, in UTF-8.
std::string WithoutIgnorable(std::string_view part) {
  std::string kept;
  for (size_t i = 0; i < part.size();) {
    const std::string_view rest = part.substr(i);
    if (rest.size() >= 3) {
      const auto last = static_cast<unsigned char>(rest[2]);
      const bool ignored = (rest.starts_with("\xe2\x80") &&
                            ((last >= 0x8c && last <= 0x8f) || (last >= 0xaa && last <= 0xae))) ||
                           (rest.starts_with("\xe2\x81") && last >= 0xaa && last <= 0xaf) ||
                           rest.starts_with("\xef\xbb\xbf");
      if (ignored) {
        i += 3;
        continue;
      }
    }
    kept.push_back(part[i++]);
  }
  return kept;
}

// As file systems of Windows (trailing dots and spaces, ":stream" and short names) and of macOS see a part.
std::string AsOthersSee(std::string_view part) {
  std::string seen = LowerAscii(WithoutIgnorable(part));
  if (const size_t colon = seen.find(':'); colon != std::string::npos) seen.erase(colon);
  while (seen.ends_with(' ') || seen.ends_with('.')) seen.pop_back();
  return seen;
}

// "git~1", "gitmod~2", "gi7eba~1": the short names that Windows makes of .git, .gitmodules and their kin all
// begin with "gi" and end with '~' and a digit; what else does is no loss.
bool ShortName(std::string_view seen) {
  return seen.starts_with("gi") && seen.size() <= 8 && seen.size() >= 2 && seen[seen.size() - 2] == '~' &&
         seen.back() >= '0' && seen.back() <= '9';
}

bool Number(std::string_view text) {
  return std::ranges::all_of(text, [](char c) { return c >= '0' && c <= '9'; });
}

bool Hexadecimal(std::string_view text) {
  return std::ranges::all_of(LowerAscii(text),
                             [](char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'); });
}

std::string_view WhyNoRef(std::string_view name) {
  if (name.empty()) return "it is empty";
  if (name.size() > 200) return "it is longer than 200 bytes";
  if (!IsUtf8(name)) return "it is not UTF-8";
  if (name.front() == '-') return "it begins with '-'";
  for (const char c : name) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte <= 0x20 || byte == 0x7f) return "it holds a space or a control character";
    if (std::string_view("~^:?*[\\@").find(c) != std::string_view::npos)
      return "it holds one of ~ ^ : ? * [ \\ @";
  }
  if (name.find("..") != name.npos) return "it holds '..'";
  for (size_t begin = 0; begin <= name.size();) {
    const size_t end = std::min(name.find('/', begin), name.size());
    const std::string_view part = name.substr(begin, end - begin);
    if (part.empty()) return "a part of it is empty";
    if (part.front() == '.' || part.back() == '.') return "a part of it begins or ends with '.'";
    if (part.ends_with(".lock")) return "a part of it ends with '.lock'";
    begin = end + 1;
  }
  if (Number(name) || name == "latest" || name == "HEAD" || (name.size() >= 7 && Hexadecimal(name)))
    return "it reads as a version's number or a commit";
  return "";
}

}  // namespace

Status CheckGitPath(std::string_view path) {
  TRY_STATUS(NormalisePath(path));
  if (!IsUtf8(path)) return InvalidArgument("a path is not UTF-8");
  for (size_t begin = 0; begin <= path.size();) {
    const size_t end = std::min(path.find('/', begin), path.size());
    const std::string seen = AsOthersSee(path.substr(begin, end - begin));
    const bool root_attributes = path == kGitAttributes;
    if (seen.empty() || seen == ".git" || ShortName(seen) || seen == ".gitmodules" || seen == ".lfsconfig" ||
        (seen == kGitAttributes && !root_attributes)) {
      return InvalidArgument(
          fmt::format("path '{}' has a part that git or another system would take for one of git's own",
                      path.substr(0, 128)),
          "rename it");
    }
    begin = end + 1;
  }
  return {};
}

Status CheckGitTree(std::span<const ManifestFile> files) {
  std::unordered_map<std::string, std::string_view> spelled;  // what others see -> how it is spelled here
  for (const ManifestFile& file : files) {
    TRY_STATUS(CheckGitPath(file.path));
    const std::string_view path = file.path;
    for (size_t end = path.find('/');; end = path.find('/', end + 1)) {
      const std::string_view part = path.substr(0, end);
      const auto [at, fresh] = spelled.try_emplace(LowerAscii(part), part);
      if (!fresh && at->second != part) {
        return InvalidArgument(fmt::format("'{}' and '{}' differ in case alone", at->second, part),
                               "where case does not count they would be one file; rename one");
      }
      if (end == path.npos) break;
    }
  }
  return {};
}

Status CheckRefName(std::string_view name) {
  const std::string_view why = WhyNoRef(name);
  if (why.empty()) return {};
  return InvalidArgument(
      fmt::format("'{}' is no name of a branch or tag: {}", IsUtf8(name) ? name.substr(0, 100) : "?", why));
}

}  // namespace sinter
