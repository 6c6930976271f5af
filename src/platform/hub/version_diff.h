// What changed between two versions.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "platform/hub/manifest.h"

namespace sinter {

struct FileChange {
  std::string path;
  std::optional<ManifestFile> before;  // none: added
  std::optional<ManifestFile> after;   // none: removed
  std::string text;                    // a unified diff, where both sides are small texts
};

// By path; files that are the same are left out.
std::vector<FileChange> DiffManifests(const Manifest& from, const Manifest& to);
// The same, with the texts out of the store: of files of at most 64 KiB, 1 MiB of diffs in all.
Result<std::vector<FileChange>> DiffVersions(const BlobSource& store, const Manifest& from,
                                             const Manifest& to);
// As git prints it, three lines of context.
Result<std::string> DiffTexts(std::string_view path, std::string_view before, std::string_view after);

}  // namespace sinter
