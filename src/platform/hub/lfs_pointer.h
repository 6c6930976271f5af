// git-lfs pointers: what git keeps of a file whose bytes are a blob of the store.
// https://github.com/git-lfs/git-lfs/blob/main/docs/spec.md
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "base/hash.h"
#include "base/result.h"

namespace sinter {

struct LfsPointer {
  Sha256Digest oid;
  uint64_t size = 0;
  bool operator==(const LfsPointer&) const = default;
};

inline constexpr size_t kLfsPointerLimit = 1024;  // a longer text is a file, says the specification

// The text that git-lfs itself writes: version, oid and size, nothing else.
std::string LfsPointerText(const LfsPointer& pointer);
// Nothing where the text is a file like any other (it does not begin as a pointer does, or is too long).
// kCorrupt where it begins as one and lies: a hash that is none, a size that is none, keys out of order or
// twice, lines that are none. Extensions ("ext-0-...") are kUnsupported: their bytes are not the file's.
Result<std::optional<LfsPointer>> ParseLfsPointer(std::string_view text);

// The root's .gitattributes that sends exactly `large` through git-lfs, and nothing of `small`: one line an
// extension where all files of that extension are large, so that git compares each path with few lines; else
// a line a path, its pattern characters escaped.
std::string LfsAttributes(std::span<const std::string_view> large, std::span<const std::string_view> small);

}  // namespace sinter
