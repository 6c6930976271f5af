// Names that must be safe in a git repository, and in whatever working tree it is checked out to.
#pragma once

#include <span>
#include <string>
#include <string_view>

#include "base/result.h"
#include "platform/hub/manifest.h"

namespace sinter {

inline constexpr std::string_view kGitAttributes = ".gitattributes";

// A path as NormalisePath has it, that git's own checks (fsck --strict) accept too: no part that Windows or
// macOS would take for ".git" (".GIT", "git~1", ".git ", with ignorable characters between the letters), and
// none that tells git or git-lfs what to do (.gitmodules, .lfsconfig, a .gitattributes below the root).
Status CheckGitPath(std::string_view path);

// Every path of a version, as CheckGitPath has it, and no two, folders included, that differ in the case of
// a-z alone: on Windows and macOS they would be one.
Status CheckGitTree(std::span<const ManifestFile> files);

// What comes after refs/heads/ or refs/tags/: as git check-ref-format has it, at most 200 bytes, no '@' (it
// separates a repository from a revision), not '-' first, and nothing that reads as another way to name a
// version: a number, "latest", "HEAD", or 7 and more hexadecimal digits.
Status CheckRefName(std::string_view name);

}  // namespace sinter
