#include "platform/hub/version_diff.h"

#include "base/utf8.h"
#include "platform/hub/git_library.h"

namespace sinter {
namespace {

constexpr uint64_t kLargestText = 64 << 10;
constexpr size_t kMostText = size_t{1} << 20;

// Nothing where it is no text that a person would read.
Result<std::optional<std::string>> SmallText(const BlobSource& store, const ManifestFile& file) {
  if (file.size > kLargestText) return std::optional<std::string>();
  TRY(const auto mapped, store.Open(file.sha256));
  std::string text(reinterpret_cast<const char*>(mapped->bytes().data()), mapped->bytes().size());
  if (!IsUtf8(text) || text.find('\0') != text.npos) return std::optional<std::string>();
  return std::optional<std::string>(std::move(text));
}

}  // namespace

std::vector<FileChange> DiffManifests(const Manifest& from, const Manifest& to) {
  std::vector<FileChange> changes;
  auto a = from.files.begin(), b = to.files.begin();
  while (a != from.files.end() || b != to.files.end()) {
    const bool only_a = b == to.files.end() || (a != from.files.end() && a->path < b->path);
    const bool only_b = !only_a && (a == from.files.end() || b->path < a->path);
    if (only_a) {
      changes.push_back({a->path, *a, std::nullopt, ""});
      ++a;
    } else if (only_b) {
      changes.push_back({b->path, std::nullopt, *b, ""});
      ++b;
    } else {
      if (a->sha256 != b->sha256) changes.push_back({a->path, *a, *b, ""});
      ++a, ++b;
    }
  }
  return changes;
}

Result<std::vector<FileChange>> DiffVersions(const BlobSource& store, const Manifest& from,
                                             const Manifest& to) {
  std::vector<FileChange> changes = DiffManifests(from, to);
  size_t room = kMostText;
  for (FileChange& change : changes) {
    if (!change.before || !change.after) continue;
    TRY(const auto before, SmallText(store, *change.before));
    TRY(const auto after, SmallText(store, *change.after));
    if (!before || !after) continue;
    TRY(std::string text, DiffTexts(change.path, *before, *after));
    if (text.size() > room) break;
    room -= text.size();
    change.text = std::move(text);
  }
  return changes;
}

Result<std::string> DiffTexts(std::string_view path, std::string_view before, std::string_view after) {
  StartGitLibrary();
  const std::string name(path);
  git_diff_options options = GIT_DIFF_OPTIONS_INIT;
  options.flags = GIT_DIFF_FORCE_TEXT;
  git_patch* raw = nullptr;
  TRY_STATUS(GitDone(git_patch_from_buffers(&raw, before.data(), before.size(), name.c_str(), after.data(),
                                            after.size(), name.c_str(), &options),
                     "compare " + name));
  const GitPatch patch(raw);
  git_buf buffer = GIT_BUF_INIT;
  const Status done = GitDone(git_patch_to_buf(&buffer, patch.get()), "compare " + name);
  std::string text = done && buffer.ptr != nullptr ? std::string(buffer.ptr, buffer.size) : std::string();
  git_buf_dispose(&buffer);
  if (!done) return done.error();
  return text;
}

}  // namespace sinter
